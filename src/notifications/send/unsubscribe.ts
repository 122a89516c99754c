import { keyedHash } from '../../platform/keyed-hash.ts';

/** What proves that a reader got a notification's mail; whoever has it may leave the notification's category. */
export const unsubscribeToken = (key: string, notificationId: string): string =>
  keyedHash(key, 'unsubscribe', notificationId).slice(0, 32);

/** Where a reader of a notification's mail leaves its category. `baseUrl` has no slash at its end. */
export function unsubscribeUrl({ baseUrl, key }: { readonly baseUrl: string; readonly key: string }, notificationId: string): string {
  return `${baseUrl}/unsubscribe/${notificationId}/${unsubscribeToken(key, notificationId)}`;
}
