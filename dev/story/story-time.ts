/** Files that take the time of a command. */
export const FILES = ['src/api/http/command.ts', 'src/api/http/create.ts'] as const;

const FROM = 'now: new Date() }';
const TO = "now: new Date(c.req.header('x-story-time') ?? Date.now()) }";

/** Returns a file's source with the story's time in the place of the clock's. @throws {Error} when nothing takes it there. */
export function atStoryTime(file: (typeof FILES)[number], source: string): string {
  if (source.split(FROM).length !== 2) throw new Error(`story: ${file} does not say «${FROM}» once`);
  return source.replace(FROM, TO);
}
