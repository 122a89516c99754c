import { emailRequested } from '../events/email-requested.ts';
import { signal as reach } from '../platform/signal.ts';
import { LONGEST_SENDING_MS } from '../platform/smtp.ts';
import { readAddressesToConfirm, readContacts } from '../store/tenants/contacts.ts';
import { deliver } from '../notifications/send/deliver.ts';

/** Sends the mail that a notification asked for. */
export const deliverEmail = deliver({
  name: 'deliver-email', // names its queue and its proofs: never rename
  on: emailRequested,
  channel: 'email',
  timeoutMs: LONGEST_SENDING_MS,
  batchLimit: 50, // a mail takes milliseconds, so what its transactions cost is shared by more
  longestWaitMs: 259_200_000, // three days, as mail servers wait
  open: ({ email }) => email,
  addressesOf: async (db, userIds) =>
    new Map([...(await readContacts(db, userIds))].flatMap(([userId, { email }]) => (email === null ? [] : [[userId, [email]] as const]))),
  addressesToConfirm: readAddressesToConfirm,
  onSent: () => reach('mail.accepted'),
});
