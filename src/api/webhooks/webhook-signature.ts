import { createHmac } from 'node:crypto';
import { isSame } from '../../platform/is-same.ts';
import { DELIVERY_ID_LIMIT } from '../../documents/document-store.ts';

const TOLERANCE_SECONDS = 300;
const MAX_SIGNATURES = 10; // more are nobody's key rotation

/** What a delivery says of itself, as it came. */
export interface Signed {
  readonly deliveryId: string | undefined;
  /** Unix seconds. */
  readonly timestamp: string | undefined;
  /** `v1=<hex>[,v1=<hex>…]`; other versions are passed over. */
  readonly signature: string | undefined;
  readonly rawBody: Uint8Array;
}

/** `valid`, or why the delivery is refused; the words are kept with the payload. */
export function judge(signed: Signed, secrets: readonly string[], now: Date): string {
  const { deliveryId = '', timestamp = '', signature = '', rawBody } = signed;
  // Visible ASCII of bounded length: the stores can keep it.
  if (deliveryId.length > DELIVERY_ID_LIMIT || !/^[\x21-\x7e]+$/.test(deliveryId)) return 'no usable Webhook-Id';
  if (!/^\d{1,12}$/.test(timestamp)) return 'no usable Webhook-Timestamp';
  const ageSeconds = Math.floor(now.getTime() / 1_000) - Number(timestamp);
  if (Math.abs(ageSeconds) > TOLERANCE_SECONDS) return 'Webhook-Timestamp out of tolerance';
  const given = signature.split(',').slice(0, MAX_SIGNATURES).map((part) => /^ *v1=([0-9a-f]{64}) *$/.exec(part)?.[1]);
  const start = `${deliveryId}.${timestamp}.`;
  const expected = secrets.map((secret) => createHmac('sha256', secret).update(start).update(rawBody).digest('hex'));
  const isSigned = given.some((hex) => hex !== undefined && expected.some((right) => isSame(hex, right)));
  return isSigned ? 'valid' : 'no valid Webhook-Signature';
}

/** Whether who asks for the challenge knows a secret: the token is the hex HMAC-SHA256 of `challenge.<challenge>`. */
export function isChallengeToken(challenge: string, token: string, secrets: readonly string[]): boolean {
  if (!/^[0-9a-f]{64}$/.test(token)) return false;
  const start = `challenge.${challenge}`;
  return secrets.some((secret) => isSame(token, createHmac('sha256', secret).update(start).digest('hex')));
}
