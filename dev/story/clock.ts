// Preloaded into the web process of a story: a command happens at the time of the story, which the client names in the
// header x-story-time. Only the text of one line is changed as it is loaded; production knows no such header.
import { registerHooks } from 'node:module';

const FILE = 'src/api/command.ts';
const FROM = 'now: new Date(),';
const TO = "now: new Date(c.req.header('x-story-time') ?? Date.now()),";

registerHooks({
  load(url, context, nextLoad) {
    const loaded = nextLoad(url, context);
    if (!url.endsWith(FILE)) return loaded;
    const source = String(loaded.source);
    if (!source.includes(FROM)) throw new Error(`story: ${FILE} no longer says «${FROM}»`);
    return { ...loaded, source: source.replace(FROM, TO) };
  },
});
