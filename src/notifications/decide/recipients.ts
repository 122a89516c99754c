import type { Tx } from '../../platform/postgres.ts';
import { readContacts, readWhatsAppPhones, type ReachableContact } from '../../store/tenants/contacts.ts';
import { readPreferences, readSettings } from './preferences.ts';
import { readPushDevices } from '../send/push-devices.ts';
import type { Channel } from '../templates/template-contract.ts';

/** The channels that are configured in this process. */
export interface ConfiguredChannels {
  readonly push?: { readonly platforms: Parameters<typeof readPushDevices>[2] } | undefined;
  readonly whatsapp?: object | undefined;
}

/** A person whom a notice is for: how they are reached, and what they want. */
export interface Recipient {
  readonly contact: ReachableContact;
  /** Theirs; undefined when they did not say. */
  readonly timeZone: string | undefined;
  /** Returns why a channel does not reach them. A request to confirm an address reaches that address. */
  unreachedBy(channel: Channel, isConfirmation?: boolean): string | undefined;
  isOff(category: string, channel: Channel): boolean;
}

/** Reads recipients by user id; one without a contact is missing from the map. */
export async function readRecipients(
  tx: Tx,
  userIds: readonly string[],
  channels: ConfiguredChannels,
): Promise<Map<string, Recipient>> {
  const ids = [...new Set(userIds)];
  const contacts = await readContacts(tx, ids);
  const preferences = await readPreferences(tx, ids);
  const settings = await readSettings(tx, ids);
  const devices = await readPushDevices(tx, ids, channels.push?.platforms ?? []);
  const phones = await readWhatsAppPhones(tx, channels.whatsapp === undefined ? [] : ids);

  function unreached(userId: string, channel: Channel, isConfirmation = false): string | undefined {
    if (channel === 'whatsapp' && channels.whatsapp === undefined) return 'not configured';
    if (isConfirmation) return undefined;
    if (channel === 'email' && contacts.get(userId)?.email == null) return 'no confirmed address';
    if (channel === 'push' && !devices.has(userId)) return channels.push ? 'no device' : 'not configured';
    if (channel === 'whatsapp' && !phones.has(userId)) return 'no confirmed number, or no consent';
    return undefined;
  }

  return new Map([...contacts].map(([userId, contact]) => {
    const off = new Set(
      preferences.get(userId)?.filter(({ enabled }) => !enabled).map(({ category, channel }) => `${category} ${channel}`),
    );
    return [userId, {
      contact,
      timeZone: settings.get(userId)?.timeZone,
      unreachedBy: (channel, isConfirmation) => unreached(userId, channel, isConfirmation),
      isOff: (category, channel) => off.has(`${category} ${channel}`),
    }];
  }));
}
