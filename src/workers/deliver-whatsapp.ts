import { whatsAppRequested } from '../events/whatsapp-requested.ts';
import { readAddressesToConfirm, readWhatsAppPhones } from '../store/tenants/contacts.ts';
import { deliver } from '../notifications/send/deliver.ts';

/** Sends a notification to the number of a user who said yes to WhatsApp, and still does. */
export const deliverWhatsApp = deliver({
  name: 'deliver-whatsapp', // names its queue and its proofs: never rename
  on: whatsAppRequested,
  channel: 'whatsapp',
  longestWaitMs: 86_400_000,
  open: ({ whatsapp }) => whatsapp,
  addressesOf: async (db, userIds) =>
    new Map([...(await readWhatsAppPhones(db, userIds))].map(([userId, phone]) => [userId, [phone]])),
  addressesToConfirm: readAddressesToConfirm,
});
