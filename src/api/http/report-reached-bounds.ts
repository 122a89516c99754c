import type { Context } from 'hono';
import { Counter } from 'prom-client';
import type { BoundName } from '../../domain/bounds.ts';
import type { ApiDeps, Env } from './context.ts';
import { requestLog } from './request-log.ts';

/** Makes the function that puts a refusal by a bound into the log and the metrics. */
export function reportReachedBounds({ registry }: Pick<ApiDeps, 'registry'>): (c: Context<Env>, bound: BoundName) => void {
  const refused = new Counter({
    name: 'bounds_reached_total',
    help: 'Requests refused by a bound on what one person causes for others',
    labelNames: ['bound'],
    registers: [registry],
  });
  return (c, bound) => {
    refused.inc({ bound });
    requestLog(c).warn({ bound }, 'bound reached');
  };
}
