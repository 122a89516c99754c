import type { Db } from '../../platform/postgres.ts';
import { countKeys } from '../../store/operations/idempotency-keys.ts';
import type { Caller } from './auth.ts';
import { Problem } from './problem.ts';

const RECOUNT_MS = 60_000;
const FREE = 50; // an hour: who writes less is not counted in PostgreSQL
const HOUR_MS = 3_600_000;
const MOST_SUBJECTS = 20_000; // by then the oldest is forgotten
const RETRY_AFTER_SECONDS = '3600';

/** The bound on the Idempotency-Keys that are stored for one subject in 24 hours. */
export interface KeyLimit {
  /** Takes room for one more key. @throws {Problem} 429 when the subject has used up its day */
  take(db: Db, subject: string, caller: Caller): Promise<void>;
}

/** Keys that this process stored for a subject since it counted them. */
interface Tally {
  keys: number;
  /** Absent before the first count in PostgreSQL. */
  countedAtMs: number | undefined;
  readonly untilMs: number;
}

/**
 * Opens the bound. A process counts its own keys and looks into PostgreSQL once a minute, and only for subjects with more
 * than `FREE` in an hour: several processes may together exceed the bound by what they store in a minute. The front end
 * writes for everybody and has no bound.
 */
export function openKeyLimit(perDay: number): KeyLimit {
  const tallies = new Map<string, Tally>();
  const free = Math.min(FREE, Math.floor(perDay / 100));

  function tallyOf(subject: string): Tally {
    const current = tallies.get(subject);
    if (current !== undefined && Date.now() < current.untilMs) return current;
    const [oldest] = tallies.keys();
    if (tallies.size >= MOST_SUBJECTS && oldest !== undefined) tallies.delete(oldest);
    const tally: Tally = { keys: 0, countedAtMs: undefined, untilMs: Date.now() + HOUR_MS };
    tallies.set(subject, tally);
    return tally;
  }

  return {
    async take(db, subject, { roles }) {
      if (roles.has('frontend')) return;
      const tally = tallyOf(subject);
      const { countedAtMs } = tally;
      const isStale = countedAtMs === undefined ? tally.keys >= free : Date.now() - countedAtMs > RECOUNT_MS;
      if (isStale) {
        const keys = await countKeys(db, subject, perDay);
        if (tally.countedAtMs === countedAtMs) Object.assign(tally, { keys, countedAtMs: Date.now() });
      }
      if (tally.keys >= perDay) throw exhausted(perDay);
      tally.keys += 1;
    },
  };
}

const exhausted = (perDay: number) =>
  new Problem(429, `No more than ${perDay} writes are kept in a day.`, {
    code: 'too-many-writes', headers: { 'Retry-After': RETRY_AFTER_SECONDS },
  });
