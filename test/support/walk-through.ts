import { readFileSync } from 'node:fs';

export const guide = readFileSync(new URL('../../docs/operating.md', import.meta.url), 'utf8');

/** An incident of the operators' guide. */
export interface Incident {
  readonly title: string;
  /** As `1 The alert names the consumer`. */
  readonly steps: readonly string[];
}

/** The incidents that the guide walks through. */
export const incidents: readonly Incident[] = (/^## Four incidents\n(.*?)^## /ms.exec(guide)?.[1] ?? '').split(/^### /m).slice(1).map((section) => ({
  title: section.split('\n')[0] ?? '',
  steps: [...section.matchAll(/^(\d+)\. \*\*(.+?)\.\*\*/gm)].map(([, number, title]) => `${number} ${title}`),
}));

/** Walks through an incident, step by step as the guide has them: another step, another order, or one left out is an error. */
export function walkThrough(title: string) {
  const left = [...(incidents.find((incident) => incident.title === title)?.steps ?? [])];
  return {
    async step(name: string, take: () => Promise<unknown>): Promise<void> {
      const next = left.shift();
      if (next !== name) throw new Error(`the guide’s next step is “${next}”, not “${name}”`);
      try {
        await take();
      } catch (error) {
        if (error instanceof Error) error.message = `${name}: ${error.message}`;
        throw error;
      }
    },
    end(): void {
      if (left.length > 0) throw new Error(`nobody took “${left.join('”, “')}”`);
    },
  };
}
