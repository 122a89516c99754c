import { expect, test } from 'vitest';
import { createApp } from '../../../src/api/app.ts';
import { transaction } from '../../../src/platform/transaction.ts';
import { holdReputations } from '../../../src/store/ranking/reputations.ts';
import { readTallies } from '../../../src/store/service/reviews.ts';
import { appDeps, verifiedTenant } from '../../support/app.ts';
import { createDatabase } from '../../support/database.ts';
import { race } from '../../support/race.ts';
import { reviewedTicket } from '../../support/service.ts';

test('whoever waits for a reputation sees the reviews that were written meanwhile', async () => {
  const { sql } = await createDatabase();
  const app = createApp(appDeps(sql));
  const tenant = await verifiedTenant(app);
  const ids = [tenant.tenantId];
  await transaction(sql, (tx) => holdReputations(tx, ids, new Date()));

  const hold = async (tx: Parameters<typeof holdReputations>[0]) => {
    await holdReputations(tx, ids, new Date());
    await reviewedTicket(app, { tenant, rating: 4 });
  };
  const tallies = await race(sql, { hold, racers: 1 }, () =>
    transaction(sql, async (tx) => readTallies(tx, await holdReputations(tx, ids, new Date()))),
  );
  expect(tallies).toMatchObject([{ tenantId: tenant.tenantId, reviews: 1, stars: 4 }]);
});
