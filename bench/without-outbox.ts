// node --import ./bench/without-outbox.ts src/api/main.ts: the web process as it would be if a change had no events.
import { registerHooks } from 'node:module';

const source = `
  export const append = async (tx, ...entries) => entries.map(() => '');
  export const appended = (tx) => tx\`select\`;
`;

registerHooks({
  load: (url, context, nextLoad) =>
    url.endsWith('/src/outbox/append.ts')
      ? { format: 'module', shortCircuit: true, source }
      : nextLoad(url, context),
});
