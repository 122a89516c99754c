// Preloaded into the processes under attack: replaces pieces of source files as they are loaded (see mutants.ts).
import { registerHooks } from 'node:module';
import { exitingPoison, mutants } from './mutants.ts';

const mutant = mutants[process.env['MUTANT'] ?? ''];
const edits = [exitingPoison, ...(mutant === undefined ? [] : [mutant, ...(mutant.also === undefined ? [] : [mutant.also])])];
for (const { file, from, to } of edits) {
  registerHooks({
    load(url, context, nextLoad) {
      const loaded = nextLoad(url, context);
      if (!url.endsWith(file)) return loaded;
      const source = String(loaded.source);
      if (!source.includes(from)) throw new Error(`mutant: ${file} no longer says «${from}»`);
      return { ...loaded, source: source.replace(from, to) };
    },
  });
}
