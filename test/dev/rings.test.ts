import { expect, test } from 'vitest';
import { checkFraud } from '../../dev/story/check-fraud.ts';
import { checkVerdicts } from '../../dev/story/check-verdicts.ts';
import { plantRings } from '../../dev/story/plant-rings.ts';
import { plotRings } from '../../dev/story/rings.ts';
import { detectFraudPatterns } from '../../src/jobs/detect-fraud-patterns.ts';
import { scoreFraud } from '../../src/jobs/score-fraud.ts';
import { transaction } from '../../src/platform/transaction.ts';
import { executeVerdict } from '../../src/store/fraud/verdicts.ts';
import { createDatabase } from '../support/database.ts';
import { dayEnd, night } from '../support/fraud.ts';
import { runSlot } from '../support/jobs.ts';

test('the same seed plants the same rings', () => {
  expect(plotRings({ rings: 2, seed: 7 })).toEqual(plotRings({ rings: 2, seed: 7 }));
  expect(plotRings({ rings: 2, seed: 7 }).rings).not.toEqual(plotRings({ rings: 2, seed: 8 }).rings);
});

test.for([7, 8, 9])('of rings planted with seed %i every one is found whole, and no honest neighbour is in a case', async (seed) => {
  const { sql } = await createDatabase();
  const plot = plotRings({ rings: 8, seed });
  await plantRings(sql, plot, dayEnd);
  await runSlot(sql, detectFraudPatterns, { ports: {}, scheduledFor: night });
  const { comparisons, precision, recall } = await checkFraud(sql, plot);
  console.log(`seed ${seed}: precision ${precision.toFixed(3)}, recall ${recall.toFixed(3)}`);
  expect({ precision, recall }).toEqual({ precision: 1, recall: 1 });
  expect(comparisons).toMatchObject([
    { figure: 'rings planted', compared: 56, differences: 0 }, { figure: 'rings found', compared: 56, differences: 0 },
    { figure: 'honest neighbours of rings', differences: 0 },
  ]);
});

test('the check sees a ring that was missed and an honest neighbour who was accused', async () => {
  const { sql } = await createDatabase();
  const plot = plotRings({ rings: 2, seed: 7 });
  await plantRings(sql, plot, dayEnd);
  await runSlot(sql, detectFraudPatterns, { ports: {}, scheduledFor: night });
  await sql`update fraud_ring_member set user_id = ${plot.honest[0] ?? ''} where user_id = ${plot.rings[0]?.[0] ?? ''}`;
  const { comparisons, precision, recall } = await checkFraud(sql, plot);
  expect(comparisons.map(({ differences }) => differences)).toEqual([1, 1, 1]);
  expect([precision, recall]).toEqual([13 / 14, 13 / 14]);
});

test('of the planted ambassadors the dishonest have nothing once their cases are confirmed, and the honest all', async () => {
  const { sql } = await createDatabase();
  const plot = plotRings({ rings: 2, seed: 7 });
  await plantRings(sql, plot, dayEnd);
  const differences = async () => (await checkVerdicts(sql, plot)).map(({ differences: found }) => found);
  for (const job of [scoreFraud, detectFraudPatterns]) await runSlot(sql, job, { ports: {}, scheduledFor: night });
  expect(await checkVerdicts(sql, plot)).toMatchObject([{ compared: 6, differences: 6 }, { compared: 4, differences: 0 }]);
  const cases = await sql<{ id: string }[]>`select id from fraud_case`;
  for (const { id: caseId } of cases) await transaction(sql, (tx) => executeVerdict(tx, { caseId, now: night }));
  expect(await differences()).toEqual([0, 0]);
  await sql`delete from commission where id = (select min(id::text)::uuid from commission where kind like 'verdict:%')`;
  await sql`delete from commission where id = (select min(id::text)::uuid from commission where kind = 'payment' and attribution_id not in (select attribution_id from attribution_stop))`;
  expect(await differences()).toEqual([1, 1]);
});
