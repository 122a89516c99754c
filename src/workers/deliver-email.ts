import { emailRequested } from '../events/email-requested.ts';
import { signal as reach } from '../platform/signal.ts';
import { readContacts } from '../store/contacts.ts';
import { deliver } from './deliver.ts';

/** Sends the mail that a notification asked for. */
export const deliverEmail = deliver({
  name: 'deliver-email', // names its queue and its proofs: never rename
  on: emailRequested,
  channel: 'email',
  open: ({ email }) => email,
  addressesOf: async (db, userIds) =>
    new Map([...(await readContacts(db, userIds))].map(([userId, { email }]) => [userId, [email]])),
  onSent: () => reach('mail.accepted'),
});
