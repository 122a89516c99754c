import { randomUUID } from 'node:crypto';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { belongTogether, type Shared } from '../../../src/domain/fraud/fraud-ring.ts';
import { transaction } from '../../../src/platform/transaction.ts';
import { findRings } from '../../../src/store/fraud/fraud-rings.ts';
import { dayEnd, openMarket } from '../../support/fraud.ts';

const DAY = '2026-06-09';

test('the SQL joins whom the rule joins, whatever two users share', async () => {
  const { sql, tenant, attribute } = await openMarket();
  const shared = fc.record({ instrument: fc.nat(1), phone: fc.nat(1), ip: fc.nat(3), visitor: fc.nat(3) });
  const pairs = new Map<string, Shared>();
  for (const some of fc.sample(shared, { numRuns: 80, seed: 3 })) {
    const { id, owner } = await tenant();
    const ambassador = randomUUID();
    await attribute(id, ambassador); // two who earn from one another are a ring as soon as they are joined
    for (const [kind, count] of Object.entries(some)) {
      if (count === 0) continue;
      await sql`insert into fraud_link values (${DAY}, ${kind}, ${owner}, ${ambassador}, ${count}), (${DAY}, ${kind}, ${ambassador}, ${owner}, ${count})`;
    }
    pairs.set(ambassador, some);
  }
  const rings = await transaction(sql, (tx) => findRings(tx, { day: DAY, end: dayEnd }));
  const found = rings.flatMap(({ evidence }) => ('members' in evidence ? evidence.members : []))
    .filter(({ subject }) => subject === 'ambassador').map(({ id }) => id);
  const expected = [...pairs].filter(([, some]) => belongTogether(some)).map(([ambassador]) => ambassador);
  expect(found.toSorted()).toEqual(expected.toSorted());
  expect(expected.length).toBeLessThan(pairs.size);
});
