import type { Sql } from '../../src/platform/postgres.ts';
import type { Comparison } from './check.ts';
import type { Plot } from './rings.ts';

/** Ambassadors of a plot who earned from a tenant of their own ring, and all others. */
function partAmbassadors({ rings, people, attributions }: Plot) {
  const owners = new Map(people.map(({ userId, tenantId }) => [tenantId, userId]));
  const isDishonest = ({ ambassador, tenantId }: (typeof attributions)[number]) =>
    rings.some((users) => users.includes(ambassador) && users.includes(owners.get(tenantId) ?? ''));
  const { dishonest = [], honest = [] } = Object.groupBy(attributions, (one) => (isDishonest(one) ? 'dishonest' : 'honest'));
  return { dishonest: dishonest.map(({ ambassador }) => ambassador), honest: honest.map(({ ambassador }) => ambassador) };
}

/** Adds up what the planted ambassadors have once their cases were decided: the dishonest nothing, all others everything. */
export async function checkVerdicts(sql: Sql, plot: Plot): Promise<readonly Comparison[]> {
  const { dishonest, honest } = partAmbassadors(plot);
  const count = async (userIds: readonly string[], isWrong: (balance: bigint, earned: bigint) => boolean) => {
    const rows = await sql<{ balance: string; earned: string }[]>`
      select sum(amount_minor) as balance, sum(amount_minor) filter (where kind = 'payment') as earned
      from commission where ambassador_user_id = any(${[...userIds]}::uuid[]) group by ambassador_user_id
    `;
    const wrong = rows.filter(({ balance, earned }) => isWrong(BigInt(balance), BigInt(earned))).length;
    return { compared: userIds.length, differences: wrong + userIds.length - rows.length };
  };
  return [
    { figure: 'dishonest ambassadors’ balances', ...(await count(dishonest, (balance, earned) => balance !== 0n || earned === 0n)) },
    { figure: 'honest ambassadors’ balances', ...(await count(honest, (balance, earned) => balance !== earned)) },
  ];
}
