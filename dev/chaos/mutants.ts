/** One piece of a source file and what it becomes. */
export interface Edit {
  readonly file: string;
  readonly from: string;
  readonly to: string;
}

/** A deliberate fault in our own code, made in the source text as it is loaded: the checker has to see what it does. */
export interface Mutant extends Edit {
  /** Where the fault takes two pieces. */
  readonly also?: Edit;
  /** The faults under which it shows, or `['clock']` for the campaign of that name. */
  readonly faults: readonly string[];
}

export const EXITING_ZONE = 'exits-the-process';

/** A delivery that ends every process which handles it: what a bug or the kernel's memory killer does. */
export const exitingPoison: Edit = Object.freeze({
  file: 'src/workers/count-daily-metrics.ts',
  from: 'async handleBatch(events, { tx }) {',
  to: `async handleBatch(events, { tx }) {
    if (events.some(({ payload }) => 'zone' in payload && payload.zone === '${EXITING_ZONE}')) process.exit(70);`,
});

/** By the name that `--mutant` takes. A text that is no longer in its file stops the process, so that none rots. */
export const mutants: Readonly<Record<string, Mutant>> = Object.freeze({
  // Both guards have to go: without its batch's row a job does nothing.
  'dedupe-removed': {
    file: 'src/kernel/consumers/react.ts',
    from: 'if (!isOurs) throw new SupersededBatch();',
    to: '',
    also: {
      file: 'src/kernel/consumers/react.ts',
      from: 'deliveries.filter(({ event }) => consumed.has(event.eventId))',
      to: 'deliveries',
    },
    faults: ['kill-worker-after-commit', 'kill-worker-after-commit'],
  },
  'refill-forgets-a-row': {
    file: 'src/outbox/refill.ts',
    from: 'rows.map(({ id, eventIds, types }) => ({ id, consumer, lane, eventIds, types }))',
    to: 'rows.map(({ id, eventIds, types }) => ({ id, consumer, lane, eventIds: eventIds.length > 1 ? eventIds.slice(1) : eventIds, types }))',
    faults: ['flush-redis'],
  },
  'sweep-trusts-a-lost-batch': {
    file: 'src/outbox/sweep.ts',
    from: 'open.filter(({ id }) => !live.has(id))',
    to: 'open.filter(({ id }) => !live.has(id) && false)',
    faults: ['flush-redis'],
  },
  'generation-not-watched': {
    file: 'src/outbox/generations.ts',
    from: 'generation < (values.get(consumer) ?? 0)',
    to: 'generation < 0',
    also: { file: 'src/outbox/run-relay.ts', from: 'sweepDue(sweep, sweep, stop.signal)', to: 'Promise.resolve()' },
    faults: ['flush-redis'],
  },
  'failing-batch-counts-innocents': {
    file: 'src/kernel/consumers/react.ts',
    from: 'const failed = [...unreadable];\n  for (const delivery of deliveries)',
    to: 'const failed = [...unreadable, ...deliveries.flatMap((delivery) => failedAt(delivery, new Error("together")))];\n  for (const delivery of deliveries.slice(0, 0))',
    faults: [],
  },
  'fairness-removed': {
    file: 'src/outbox/refill.ts',
    from: 'const tenant = turnTenant(sql);',
    to: "const tenant = sql`'ffffffff-ffff-ffff-ffff-ffffffffffff'::uuid`; // one turn for all: only age counts",
    faults: ['backlog-of-one-tenant'],
  },
  'refusal-fails-events': {
    file: 'src/outbox/add-batches.ts',
    from: "await unqueueBatches(options.sql, batchIds, 'unavailable');",
    to: "await options.sql`update outbox_event set status = 'failed', failure = 'refused' where id = any(${refused.flatMap(([, some]) => some.flatMap(({ eventIds }) => eventIds)) as string[]}::uuid[])`;",
    faults: ['redis-noreplicas'],
  },
  'sending-not-on-record': {
    file: 'src/notifications/send/sending.ts',
    from: "attempts.push({ id, attempt, outcome: 'sending' });",
    to: '',
    faults: ['kill-worker-inside-fcm-call'],
  },
  'unknown-taken-for-refused': {
    file: 'src/notifications/send/end-of-attempt.ts',
    from: "{ outcome: 'unknown', status: isQueued ?",
    to: "{ outcome: 'rejected', status: isQueued ?",
    faults: ['whatsapp-drops'],
  },
  'outage-spends-attempts': {
    file: 'src/notifications/send/end-of-attempt.ts',
    from: 'const error = new Unavailable(`${channel}: ${reason}`,',
    to: 'const error = new Error(`${channel}: ${reason}`,',
    faults: ['whatsapp-5xx'],
  },
  // Both guards have to go: what was planned too early is still not taken too early.
  'slots-by-the-workers-clock': {
    file: 'src/kernel/jobs/run-job.ts',
    from: 'now: until, isPaused } = plan;',
    to: 'now, isPaused } = plan; const until = new Date(Math.max(Date.now(), now.getTime()));',
    also: {
      file: 'src/kernel/jobs/job-runs.ts',
      from: 'and scheduled_for <= clock_timestamp()\n      order by',
      to: 'and scheduled_for <= ${new Date()}\n      order by',
    },
    faults: ['clock'],
  },
  'fence-not-raised': {
    file: 'src/kernel/jobs/job-runs.ts',
    from: 'fence = lock.fence + 1',
    to: 'fence = lock.fence',
    faults: ['clock'],
  },
  'done-pieces-forgotten': {
    file: 'src/kernel/jobs/run-job.ts',
    from: 'if (done.has(name)) return;',
    to: '',
    faults: ['clock'],
  },
});
