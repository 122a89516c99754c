import type { Sql } from '../../src/platform/postgres.ts';
import type { Comparison } from './check.ts';
import type { Plot } from './rings.ts';

export interface FraudCheck {
  readonly comparisons: readonly Comparison[];
  /** How many of the rings found were planted, 0 to 1. */
  readonly precision: number;
  /** How many of the rings planted were found, with every member and nobody else; 0 to 1. */
  readonly recall: number;
}

/** Compares the rings that the night found with those that were planted. Rings of earlier nights are decided by then. */
export async function checkFraud(sql: Sql, { rings, honest }: Plot): Promise<FraudCheck> {
  const rows = await sql<{ users: string[] }[]>`
    select array_agg(member.user_id order by member.user_id) as users
    from fraud_case
    join fraud_ring_member member on member.ring_id = fraud_case.subject_id
    where fraud_case.subject_kind = 'ring' and fraud_case.status = 'open'
    group by fraud_case.id
  `;
  const key = (users: readonly string[]) => users.toSorted().join();
  const [planted, found] = [new Set(rings.map(key)), rows.map(({ users }) => key(users))];
  const missed = [...planted].filter((one) => !found.includes(one)).length;
  const wrong = found.filter((one) => !planted.has(one)).length;
  const accused = new Set(rows.flatMap(({ users }) => users));
  return {
    comparisons: [
      { figure: 'rings planted', compared: planted.size, differences: missed },
      { figure: 'rings found', compared: found.length, differences: wrong },
      { figure: 'honest neighbours of rings', compared: honest.length, differences: honest.filter((user) => accused.has(user)).length },
    ],
    precision: found.length === 0 ? 0 : 1 - wrong / found.length,
    recall: planted.size === 0 ? 1 : 1 - missed / planted.size,
  };
}
