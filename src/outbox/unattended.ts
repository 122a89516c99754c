import { Gauge, type Registry } from 'prom-client';
import { listUnattended, type RunnerKind } from '../platform/runners.ts';
import type { Redis } from '../platform/redis.ts';

export interface UnattendedOptions {
  readonly registry: Registry;
  readonly redis: Redis;
  readonly prefix: string;
  /** Reads the names of everything that worker processes have to run. */
  readonly names: () => Promise<Readonly<Record<RunnerKind, readonly string[]>>>;
}

/**
 * Adds a gauge of consumers and jobs that no worker process runs, read at each scrape. The gauge stays as it was while a
 * store is unavailable.
 */
export function observeUnattended({ registry, redis, prefix, names }: UnattendedOptions): void {
  new Gauge({
    name: 'unattended', help: '1 for a consumer or job that no worker process has run for a minute',
    labelNames: ['kind', 'name'], registers: [registry],
    async collect() {
      const rows = await read().catch(() => undefined);
      if (rows === undefined) return;
      this.reset();
      for (const { kind, name, isUnattended } of rows) this.set({ kind, name }, isUnattended ? 1 : 0);
    },
  });

  async function read() {
    if (redis.status !== 'ready') return undefined;
    const kinds = Object.entries(await names()) as [RunnerKind, readonly string[]][];
    const rows = await Promise.all(kinds.map(async ([kind, all]) => {
      const unattended = new Set(await listUnattended({ redis, prefix }, kind, all));
      return all.map((name) => ({ kind, name, isUnattended: unattended.has(name) }));
    }));
    return rows.flat();
  }
}
