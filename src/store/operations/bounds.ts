import { type BoundName, bounds, windowAt } from '../../domain/bounds.ts';
import type { Db } from '../../platform/postgres.ts';
import type { Statement } from './idempotency-keys.ts';

/** Numbers of the setting BOUNDS, by bound. */
export type Allowances = Readonly<Partial<Record<BoundName, number>>>;

/** Returns the uses that a window of the bound allows. */
export const allowedBy = (allowances: Allowances, name: BoundName): number => allowances[name] ?? bounds[name].allowed;

/** One use of a bound. */
export interface Use {
  readonly bound: BoundName;
  /** The ids or hashes that the bound counts by. */
  readonly subject: string;
  readonly now: Date;
}

/**
 * Makes the statement that counts one use. It violates the constraint `bound_use_allowed` when the window is used up,
 * so that nothing that commits with it is done.
 */
export function countUse(db: Db, allowances: Allowances, { bound, subject, now }: Use): Statement {
  const { start, end } = windowAt(bound, now);
  return db`
    insert into bound_use as current (bound, subject, window_start, window_end, used, allowed)
    values (${bound}, ${subject}, ${start}, ${end}, 1, ${allowedBy(allowances, bound)})
    on conflict (bound, subject, window_start) do update set used = current.used + 1, allowed = excluded.allowed
  `;
}

/** Returns the bound that an error of the database says is used up. */
export function findReachedBound(error: unknown): BoundName | undefined {
  if (!(error instanceof Error && 'constraint_name' in error && error.constraint_name === 'bound_use_allowed')) return undefined;
  const [, name = ''] = 'detail' in error ? /\(([a-z]+), /.exec(String(error.detail)) ?? [] : [];
  if (!Object.hasOwn(bounds, name)) throw new Error('a reached bound is not on the list', { cause: error });
  return name as BoundName;
}

/** A window in which somebody used up, or nearly used up, a bound. */
export interface BoundUse {
  readonly bound: string;
  readonly subject: string;
  readonly windowEnd: Date;
  readonly used: number;
  readonly allowed: number;
}

/** Lists the open windows that are used up to four fifths or more, the fullest first. */
export const listUsedBounds = (db: Db, limit: number) => db<BoundUse[]>`
  select bound, subject, window_end as "windowEnd", used, allowed
  from bound_use
  where window_end > now() and used >= allowed * 0.8
  order by used::float8 / greatest(allowed, 1) desc, bound, subject
  limit ${limit}
`;

/** Deletes up to `limit` windows that ended more than a day ago; returns their number. */
export async function forgetBoundUses(db: Db, limit: number): Promise<number> {
  const { count } = await db`
    delete from bound_use where ctid = any (array(
      select ctid from bound_use where window_end < now() - interval '1 day' order by window_end limit ${limit}
    ))
  `;
  return count;
}
