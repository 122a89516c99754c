import { keyedHash } from '../../platform/keyed-hash.ts';

/** Secrets of a request to confirm an address; they reach the address alone. */
export interface ConfirmationSecrets {
  /** Six digits. */
  readonly code: string;
  /** A page to confirm on, signed in or not. */
  readonly link: string;
}

/** Derives the code that confirms an address. */
export function confirmationCode(key: string, confirmationId: string): string {
  const number = Number.parseInt(keyedHash(key, 'confirmation code', confirmationId).slice(0, 12), 16);
  return String(number % 1_000_000).padStart(6, '0');
}

/** Derives the token in the link that confirms an address. */
export const confirmationToken = (key: string, confirmationId: string): string =>
  keyedHash(key, 'confirmation link', confirmationId).slice(0, 32);

/** Derives the secrets of a request to confirm an address. `baseUrl` has no slash at its end. */
export function confirmationSecrets(
  { baseUrl, key }: { readonly baseUrl: string; readonly key: string },
  confirmationId: string,
): ConfirmationSecrets {
  const link = `${baseUrl}/contacts/${confirmationId}/${confirmationToken(key, confirmationId)}`;
  return { code: confirmationCode(key, confirmationId), link };
}
