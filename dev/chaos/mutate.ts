// Preloaded into the processes of a broken build: replaces a piece of one source file as it is loaded (see mutants.ts).
import { registerHooks } from 'node:module';
import { mutants } from './mutants.ts';

const mutant = mutants[process.env['MUTANT'] ?? ''];
if (mutant !== undefined) {
  registerHooks({
    load(url, context, nextLoad) {
      const loaded = nextLoad(url, context);
      if (!url.endsWith(mutant.file)) return loaded;
      const source = String(loaded.source);
      if (!source.includes(mutant.from)) throw new Error(`mutant: ${mutant.file} no longer says «${mutant.from}»`);
      return { ...loaded, source: source.replace(mutant.from, mutant.to) };
    },
  });
}
