import type { Job } from '../../kernel/jobs/job.ts';
import type { AnyContract } from '../../events/contract/event.ts';
import { HandlerTimeout, withDeadline } from '../../platform/with-deadline.ts';
import type { Sql } from '../../platform/postgres.ts';
import type { Redis } from '../../platform/redis.ts';
import { listConsumers } from '../../kernel/consumers/list-consumers.ts';
import type { DocumentStore } from '../../documents/document-store.ts';
import { checkClearText, type SensitiveUrls } from './check-clear-text.ts';
import { examineContracts } from './examine-contracts.ts';
import { examinePartitions } from './examine-partitions.ts';
import { examinePostgres } from './examine-postgres.ts';
import { examineQueues } from './examine-queues.ts';
import { examineRedis } from './examine-redis.ts';
import { examineRunners } from './examine-runners.ts';
import { examineSchedulers } from './examine-schedulers.ts';
import { examineSecrets } from './examine-secrets.ts';
import { examineSlots } from './examine-slots.ts';
import { examineTimeZones } from './examine-time-zones.ts';
import { type Finding, fine, problem } from '../../platform/finding.ts';

const WITHIN_MS = 10_000;
const REDIS_WITHIN_MS = 4_000; // below what the connection itself waits for a command, whose error says less
const NO_SUCH_TABLE = '42P01';
const NO_SUCH_COLUMN = '42703';

export interface Patient {
  readonly sql: Sql;
  readonly redis: Redis;
  readonly prefix: string;
  readonly documents: Pick<DocumentStore, 'ping'>;
  readonly jobs: readonly Job<object>[];
  readonly contracts: readonly AnyContract[];
  readonly secrets: Readonly<Record<string, string | undefined>>;
  readonly urls: SensitiveUrls;
  /** Milliseconds that each check may take. */
  readonly withinMs?: number;
}

/**
 * Looks at everything that breaks systems like this one, in ten seconds at most. What can't be looked at is a finding too;
 * of queues and alarms nothing is said while Redis is away, for its own finding says that.
 */
export async function diagnose({
  sql, redis, prefix, documents, jobs, contracts, secrets, urls, withinMs = WITHIN_MS,
}: Patient): Promise<readonly Finding[]> {
  const queueOptions = { redis, prefix };
  const isRedisReady = redis.status === 'ready';
  const attempt = (check: string, look: Look) => attemptWithin(withinMs, check, look);
  const attemptRedis = (check: string, look: Look) => attemptWithin(Math.min(withinMs, REDIS_WITHIN_MS), check, look);
  const ofRedis = (check: string, look: Look) => (isRedisReady ? attemptRedis(check, look) : []);
  const examined = await Promise.all([
    attempt('postgresql', () => examinePostgres(sql)),
    attempt('partitions', () => examinePartitions(sql)),
    attemptRedis('redis', () => examineRedis(redis)),
    attempt('document store', async () => {
      await documents.ping();
      return [fine('document store', 'It answers.')];
    }),
    ofRedis('queues', async () => examineQueues(await listConsumers(sql), queueOptions)),
    ofRedis('runners', async () => {
      const runnable = { consumers: await listConsumers(sql), jobs: jobs.map(({ name }) => name) };
      return examineRunners(runnable, queueOptions);
    }),
    ofRedis('schedulers', () => examineSchedulers(jobs, queueOptions)),
    attempt('slots', () => examineSlots(sql)),
    attempt('time zones', () => examineTimeZones(sql)),
    attempt('contracts', () => examineContracts(sql, contracts)),
    examineSecrets(secrets),
    checkClearText(urls),
  ]);
  return examined.flat();
}

type Look = () => Promise<readonly Finding[]>;

/** The finding of a check that broke, or did not end; only the error's name or code, for a message may quote anything. */
async function attemptWithin(withinMs: number, check: string, look: Look): Promise<readonly Finding[]> {
  try {
    return await withDeadline(withinMs, undefined, look);
  } catch (error) {
    if (error instanceof HandlerTimeout) {
      return [problem(check, `No answer within ${withinMs / 1_000} s.`, 'See whether it is overloaded, stopped, or cut off from here.')];
    }
    const why = error instanceof Error && 'code' in error ? String(error.code) : error instanceof Error ? error.name : 'unknown';
    const isOtherSchema = why === NO_SUCH_TABLE || why === NO_SUCH_COLUMN;
    const todo = isOtherSchema ? 'The schema is not this release’s: see what is said of it.' : 'See whether it is up and reachable from here.';
    return [problem(check, `It could not be looked at: ${why}.`, todo)];
  }
}
