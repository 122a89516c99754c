import type { Job } from '../kernel/jobs/job.ts';
import { applyFollowUps } from './apply-follow-ups.ts';
import { auditDeliveries } from './audit-deliveries.ts';
import { closeDigests } from './close-digests.ts';
import { closePayoutCycles } from './close-payout-cycles.ts';
import { detectFraudPatterns } from './detect-fraud-patterns.ts';
import { fetchSettlementReports } from './fetch-settlement-reports.ts';
import { forgetBounds } from './forget-bounds.ts';
import { forgetHistory } from './forget-history.ts';
import { forgetIdempotencyKeys } from './forget-idempotency-keys.ts';
import { issueInvoices } from './issue-invoices.ts';
import { maintainPartitions } from './maintain-partitions.ts';
import { pruneJobLedger } from './prune-job-ledger.ts';
import { recalculateRanking } from './recalculate-ranking.ts';
import { reconcilePayments } from './reconcile-payments.ts';
import { releaseNotifications } from './release-notifications.ts';
import { runReplays } from './run-replays.ts';
import { scoreFraud } from './score-fraud.ts';
import { updateDailyMetrics } from './update-daily-metrics.ts';

/** Every job there is, sorted by name. */
export const jobs: readonly Job<object>[] = Object.freeze([
  applyFollowUps,
  auditDeliveries,
  closeDigests,
  closePayoutCycles,
  detectFraudPatterns,
  fetchSettlementReports,
  forgetBounds,
  forgetHistory,
  forgetIdempotencyKeys,
  issueInvoices,
  maintainPartitions,
  pruneJobLedger,
  recalculateRanking,
  reconcilePayments,
  releaseNotifications,
  runReplays,
  scoreFraud,
  updateDailyMetrics,
]);
