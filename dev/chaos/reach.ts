import type { Sql } from '../../src/platform/postgres.ts';
import { transaction } from '../../src/platform/transaction.ts';
import { savePushDevice } from '../../src/notifications/send/push-devices.ts';
import { saveConfirmedContact } from '../confirmed-contact.ts';
import type { Person } from '../demo/people.ts';
import type { Channels } from '../sandbox/channels.ts';
import { PLANTED, PLANTED_PHONE } from './client.ts';

/**
 * Gives people a number with their consent, and devices: one has an app, the next a browser, the next both, so that
 * what one kind of device meets is not always made good by the other.
 */
export async function reach(sql: Sql, { webPush }: Channels, people: readonly Person[]): Promise<void> {
  await transaction(sql, async (tx) => {
    for (const [index, { userId, contact }] of people.entries()) {
      await saveConfirmedContact(tx, userId, { ...contact, phone: `+${PLANTED_PHONE}${100 + index}` });
      if (index % 3 !== 1) await savePushDevice(tx, userId, { platform: 'fcm', token: `${PLANTED}-${index}` });
      if (index % 3 === 0) continue;
      const { endpoint, keys } = webPush.subscribe();
      await savePushDevice(tx, userId, { platform: 'web', endpoint, ...keys });
    }
  });
}
