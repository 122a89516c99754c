import type { Job } from '../kernel/job.ts';
import { closeDigests } from './close-digests.ts';
import { forgetIdempotencyKeys } from './forget-idempotency-keys.ts';
import { maintainPartitions } from './maintain-partitions.ts';
import { releaseNotifications } from './release-notifications.ts';

/** Every job there is, sorted by name. */
export const jobs: readonly Job<object>[] = Object.freeze([
  closeDigests,
  forgetIdempotencyKeys,
  maintainPartitions,
  releaseNotifications,
]);
