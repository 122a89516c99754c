import { globSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { contracts } from '../../src/events/index.ts';
import { consumers } from '../../src/workers/index.ts';

const root = fileURLToPath(new URL('../..', import.meta.url));

/** `docs/events.md`: each event, its version, the files that make it and the consumers that hear it. */
export function eventsPage(): string {
  const sources = globSync('src/{domain,workers,jobs,notifications,store,api,backoffice}/**/*.ts', { cwd: root }).sort();
  const texts = sources.map((path) => ({ path, text: readFileSync(`${root}/${path}`, 'utf8') }));
  const rows = contracts.map(({ type, version }) => {
    const name = type[0]?.toLowerCase() + type.slice(1);
    const makers = texts.filter(({ path, text }) => makes(path, text, name)).map(({ path }) => `\`${path}\``);
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

/** The domain hears nothing, so whatever it names it makes; elsewhere an event is made where its contract is called. */
function makes(path: string, text: string, name: string): boolean {
  const body = text.replaceAll(/^import .*$/gm, '');
  return new RegExp(path.startsWith('src/domain/') ? `\\b${name}\\b` : `\\b${name}\\(`).test(body);
}

/** Whether anything makes events of a type yet. */
export function isMade(type: string): boolean {
  return !eventsPage().split('\n').some((row) => row.startsWith(`| ${type} |`) && row.split('|')[3]?.trim() === '–');
}
