import { randomUUID } from 'node:crypto';
import { expect, test } from 'vitest';
import { paymentCaptured } from '../../../src/events/payment-captured.ts';
import { closeDigests } from '../../../src/jobs/close-digests.ts';
import { closeDigests as close, joinDigests } from '../../../src/notifications/decide/digests.ts';
import { deliverEmail } from '../../../src/workers/deliver-email.ts';
import { notify } from '../../../src/workers/notify.ts';
import { createDatabase } from '../../support/database.ts';
import { runSlot } from '../../support/jobs.ts';
import { openNotifying } from '../../support/notifying.ts';

/** A tenant whose payments are collected, and consumers that run. */
async function world() {
  const opened = await openNotifying([deliverEmail, notify]);
  const { sql } = opened;
  const userId = await opened.person({ locale: 'en' });
  const tenant = await opened.tenant({ ownerUserId: userId });
  opened.start();
  return {
    ...opened, userId, tenant,
    pay: (minor: number) => opened.commit(paymentCaptured({
      tenantId: tenant.id, occurredAt: new Date(),
      payload: {
        paymentId: randomUUID(), tenantId: tenant.id, tenantOwnerUserId: userId, tenantName: tenant.name,
        subscriptionId: null, amount: { minor, currency: 'MXN' }, provider: 'sandpay', providerPaymentId: randomUUID(),
        instrumentHash: null,
      },
    })),
    async close() {
      await sql`update digest set closes_at = now() where closed_at is null`;
      await runSlot(sql, closeDigests, { ports: {} });
      await opened.settle();
    },
  };
}

test('what is low is gathered into one mail with each as it stands in the inbox, and nothing is told twice', async () => {
  const { pay, settle, close: closeAll, notifications, mailbox } = await world();
  await pay(100_00);
  await pay(200_00);
  await settle();
  await pay(300_00);
  await settle();
  expect(mailbox.messages).toEqual([]);
  expect((await notifications()).map(({ channel, status, reason }) => [channel, status, reason])).toEqual([
    ...Array.from({ length: 3 }, () => ['email', 'suppressed', 'digest']),
    ...Array.from({ length: 3 }, () => ['inbox', 'delivered', null]),
  ]);
  await closeAll();
  await closeAll();
  expect(mailbox.messages).toMatchObject([{ subject: 'What’s new in payments (3)' }]);
  for (const amount of ['100.00', '200.00', '300.00']) expect(mailbox.messages[0]?.text).toContain(amount);

  await pay(400_00);
  await settle();
  await closeAll();
  expect(mailbox.messages[1]).toMatchObject({ subject: 'We received your payment of MX$400.00 for Taller Norte.' });
  expect(mailbox.messages[1]?.text).toContain('400.00');
  expect(mailbox.messages[1]?.text).not.toContain('300.00');
});

test('a window that is joined while it closes takes what came before it closed, and drops nothing', async () => {
  const { sql } = await createDatabase();
  const key = { userId: randomUUID(), category: 'payments' };
  const [first] = await sql.begin((tx) => joinDigests(tx, [key, key], 0));
  const joined = Promise.withResolvers<string>();
  const mayEnd = Promise.withResolvers<void>();
  const joining = sql.begin(async (tx) => {
    const [id = ''] = await joinDigests(tx, [key], 60_000);
    joined.resolve(id);
    await mayEnd.promise;
  });
  expect(await joined.promise).toBe(first);
  const closing = sql.begin((tx) => close(tx, { limit: 10, texts: 10 }));
  expect(await closing).toEqual([]); // it is in use: the next run closes it
  mayEnd.resolve();
  await joining;
  expect(await sql.begin((tx) => close(tx, { limit: 10, texts: 10 }))).toMatchObject([{ id: first, ...key, count: 0 }]);
  const [next] = await sql.begin((tx) => joinDigests(tx, [key], 60_000));
  expect(next).not.toBe(first);
});

test('all who trigger it in the same instant share one window', async () => {
  const { sql } = await createDatabase();
  const key = { userId: randomUUID(), category: 'payments' };
  const ids = await Promise.all(Array.from({ length: 10 }, () => sql.begin((tx) => joinDigests(tx, [key], 60_000))));
  expect(new Set(ids.flat()).size).toBe(1);
  expect(await sql`select from digest`).toHaveLength(1);
});
