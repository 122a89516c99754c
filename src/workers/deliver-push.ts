import { pushRequested } from '../events/push-requested.ts';
import { forgetPushDevices, readPushDevices } from '../notifications/send/push-devices.ts';
import { deliver } from '../notifications/send/deliver.ts';

/** Shows a notification on the user's devices; one that takes it is enough, and those that are gone are dropped. */
export const deliverPush = deliver({
  name: 'deliver-push', // names its queue and its proofs: never rename
  on: pushRequested,
  channel: 'push',
  longestWaitMs: 86_400_000,
  open: ({ push }) => push,
  addressesOf: (db, userIds, { push }) => readPushDevices(db, userIds, push?.platforms ?? []),
  forget: (db, gone) => forgetPushDevices(db, gone.map(({ id }) => id)),
});
