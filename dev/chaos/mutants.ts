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

/** By the name that `--mutant` takes. A text that is no longer in its file stops the process, so that none rots. */
export const mutants: Readonly<Record<string, Mutant>> = Object.freeze({
  'dedupe-removed': {
    file: 'src/kernel/react.ts',
    from: 'events.filter(({ eventId }) => fresh.delete(eventId))',
    to: 'events.filter(({ eventId }) => fresh.delete(eventId) || true)',
    faults: ['kill-relay-after-add', 'kill-relay-after-part-of-add'],
  },
  'mark-before-publish': {
    file: 'src/outbox/relay.ts',
    from: 'const published = await publishOrFail(',
    to: 'await markPublished(sql, claimed.lease, known); signal("relay.added"); const published = await publishOrFail(',
    faults: ['kill-relay-after-add', 'kill-relay-after-add', 'kill-relay-after-add'],
  },
  'no-sweep': {
    file: 'src/outbox/sweep.ts',
    from: 'let found = 0;\n  for (const { name, verifiedId } of consumers) {',
    to: 'let found = 0;\n  for (const { name, verifiedId } of []) {',
    faults: ['flush-redis'],
  },
  'epoch-not-raised': {
    file: 'src/outbox/sweep.ts',
    from: 'raised.map(({ eventId, epoch }) => ({ eventId, epoch,',
    to: 'raised.map(({ eventId, epoch }) => ({ eventId, epoch: epoch * 0,',
    faults: [],
  },
  'sending-not-on-record': {
    file: 'src/store/sending.ts',
    from: "attempts.push({ id, attempt, outcome: 'sending' });",
    to: '',
    faults: ['kill-worker-inside-fcm-call'],
  },
  'unknown-taken-for-refused': {
    file: 'src/workers/deliver.ts',
    from: "return { outcome: 'unknown', status: resendUnknown(",
    to: "return { outcome: 'rejected', status: resendUnknown(",
    faults: ['whatsapp-drops'],
  },
  // Both guards have to go: what was planned too early is still not taken too early.
  'slots-by-the-workers-clock': {
    file: 'src/kernel/run-job.ts',
    from: 'now: until, isPaused } = plan;',
    to: 'now, isPaused } = plan; const until = new Date(Math.max(Date.now(), now.getTime()));',
    also: {
      file: 'src/store/job-runs.ts',
      from: 'and scheduled_for <= clock_timestamp()\n      order by',
      to: 'and scheduled_for <= ${new Date()}\n      order by',
    },
    faults: ['clock'],
  },
  'fence-not-raised': {
    file: 'src/store/job-runs.ts',
    from: 'fence = lock.fence + 1',
    to: 'fence = lock.fence',
    faults: ['clock'],
  },
  'done-pieces-forgotten': {
    file: 'src/kernel/run-job.ts',
    from: 'if (done.has(name)) return;',
    to: '',
    faults: ['clock'],
  },
});
