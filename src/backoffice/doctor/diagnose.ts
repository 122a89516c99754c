import type { Job } from '../../kernel/job.ts';
import type { AnyContract } from '../../kernel/event.ts';
import { openAlarms } from '../../platform/alarms.ts';
import type { Sql } from '../../platform/postgres.ts';
import { type DeliveryQueue, openQueue } from '../../platform/queues.ts';
import type { Redis } from '../../platform/redis.ts';
import { listConsumers } from '../../store/consumers.ts';
import type { DocumentStore } from '../../store/documents.ts';
import { examineContracts } from './examine-contracts.ts';
import { examinePostgres } from './examine-postgres.ts';
import { examineQueues } from './examine-queues.ts';
import { examineRedis } from './examine-redis.ts';
import { examineSchedulers } from './examine-schedulers.ts';
import { examineSecrets } from './examine-secrets.ts';
import { type Finding, fine, problem } from './finding.ts';

export interface Patient {
  readonly sql: Sql;
  readonly redis: Redis;
  readonly prefix: string;
  readonly documents: Pick<DocumentStore, 'ping'>;
  readonly jobs: readonly Job<object>[];
  readonly contracts: readonly AnyContract[];
  readonly secrets: Readonly<Record<string, string | undefined>>;
}

/** Looks at everything that breaks systems like this one. What can't be looked at is a finding too. */
export async function diagnose({ sql, redis, prefix, documents, jobs, contracts, secrets }: Patient): Promise<readonly Finding[]> {
  const examined = await Promise.all([
    attempt('postgresql', () => examinePostgres(sql)),
    attempt('redis', () => examineRedis(redis)),
    attempt('document store', async () => {
      await documents.ping();
      return [fine('document store', 'It answers.')];
    }),
    attempt('queues', async () => (redis.status === 'ready' ? examineQueues({ redis, prefix, queues: await openQueues() }) : [])),
    attempt('schedulers', async () => (redis.status === 'ready' ? examineSchedulers({ sql, jobs, alarms: openAlarms({ redis, prefix }) }) : [])),
    attempt('contracts', () => examineContracts(sql, contracts)),
    examineSecrets(secrets),
  ]);
  return examined.flat();

  async function openQueues(): Promise<readonly DeliveryQueue[]> {
    return (await listConsumers(sql)).map((name) => openQueue(name, { redis, prefix }));
  }
}

/** The finding of a check that broke; only the error's name or code, for a message may quote anything. */
async function attempt(check: string, look: () => Promise<readonly Finding[]>): Promise<readonly Finding[]> {
  try {
    return await look();
  } catch (error) {
    const why = error instanceof Error && 'code' in error ? String(error.code) : error instanceof Error ? error.name : 'unknown';
    return [problem(check, `It could not be looked at: ${why}.`, 'See whether it is up and reachable from here.')];
  }
}
