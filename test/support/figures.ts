/** What a scrape says: each series as it is written, with its value. */
export function figures(scrape: string): Readonly<Record<string, number>> {
  const lines = scrape.split('\n').filter((line) => line !== '' && !line.startsWith('#'));
  return Object.fromEntries(lines.map((line) => [line.replace(/ \S+$/, ''), Number(line.split(' ').at(-1))]));
}
