import type { Channel } from '../notifications/template-contract.ts';
import type { Tx } from '../platform/postgres.ts';
import { type Contact, readContacts, readWhatsAppPhones } from '../store/contacts.ts';
import { readPreferences, readSettings } from '../store/preferences.ts';
import { readPushDevices } from '../store/push-devices.ts';
import type { OutwardChannels } from './ports.ts';

/** Somebody to be told: how they are reached, and what they want. */
export interface Recipient {
  readonly contact: Contact;
  /** Theirs; undefined when they did not say. */
  readonly timeZone: string | undefined;
  /** Why a channel does not reach them; undefined when it does. */
  unreachedBy(channel: Channel): string | undefined;
  isOff(category: string, channel: Channel): boolean;
}

/** Reads who is to be told, by user id; who has no contact is missing from the map. */
export async function readRecipients(
  tx: Tx,
  userIds: readonly string[],
  channels: OutwardChannels,
): Promise<Map<string, Recipient>> {
  const ids = [...new Set(userIds)];
  const contacts = await readContacts(tx, ids);
  const preferences = await readPreferences(tx, ids);
  const settings = await readSettings(tx, ids);
  const devices = await readPushDevices(tx, ids, channels.push?.platforms ?? []);
  const phones = await readWhatsAppPhones(tx, channels.whatsapp === undefined ? [] : ids);

  function unreached(userId: string, channel: Channel): string | undefined {
    if (channel === 'push' && !devices.has(userId)) return channels.push ? 'no device' : 'not configured';
    if (channel === 'whatsapp' && !phones.has(userId)) return channels.whatsapp ? 'no number, or no consent' : 'not configured';
    return undefined;
  }

  return new Map([...contacts].map(([userId, contact]) => {
    const off = new Set(
      preferences.get(userId)?.filter(({ enabled }) => !enabled).map(({ category, channel }) => `${category} ${channel}`),
    );
    return [userId, {
      contact,
      timeZone: settings.get(userId)?.timeZone,
      unreachedBy: (channel) => unreached(userId, channel),
      isOff: (category, channel) => off.has(`${category} ${channel}`),
    }];
  }));
}
