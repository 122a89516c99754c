import type { Job } from '../kernel/job.ts';
import { forgetIdempotencyKeys } from './forget-idempotency-keys.ts';
import { maintainPartitions } from './maintain-partitions.ts';

/** Every job there is, sorted by name. */
export const jobs: readonly Job[] = Object.freeze([forgetIdempotencyKeys, maintainPartitions]);
