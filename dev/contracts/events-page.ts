import { globSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { contracts } from '../../src/events/index.ts';
import { consumers } from '../../src/workers/index.ts';

const root = fileURLToPath(new URL('../..', import.meta.url));

/** `docs/events.md`: each event, its version, the files that make it and the consumers that hear it. */
export function eventsPage(): string {
  const sources = globSync('src/{domain,workers,jobs,store,api,backoffice}/*.ts', { cwd: root }).sort();
  const texts = sources.map((path) => ({ path, text: readFileSync(`${root}/${path}`, 'utf8') }));
  const rows = contracts.map(({ type, version }) => {
    const name = type[0]?.toLowerCase() + type.slice(1);
    const makers = texts.filter(({ text }) => new RegExp(`\\b${name}\\(`).test(text)).map(({ path }) => `\`${path}\``);
    const hearers = consumers.filter(({ on }) => on.some((contract) => contract.type === type)).map((consumer) => consumer.name);
    return `| ${type} | ${version} | ${makers.join(', ') || '–'} | ${hearers.join(', ') || '–'} |`;
  });
  return [
    '# Events',
    '',
    'Written by `npm run contracts -- --accept`; the schemas are at `/asyncapi.json` and, with recorded events, in `contracts/`.',
    '',
    '| event | version | produced by | consumed by |',
    '| --- | --- | --- | --- |',
    ...rows,
    '',
  ].join('\n');
}
