import { createECDH } from 'node:crypto';
import { importJWK, SignJWT } from 'jose';
import { post, type Posted } from './post.ts';
import { encryptFor, type ReaderKeys } from './web-push-encryption.ts';

/** What a push service is told of us (RFC 8292). */
export interface WebPushOptions {
  /** The scalar of our P-256 key, base64url; browsers subscribed with its public key. */
  readonly privateKey: string;
  /** `mailto:` or `https:`, for when something is wrong. */
  readonly subject: string;
  readonly timeoutMs?: number;
}

export interface Subscription extends ReaderKeys {
  readonly endpoint: string;
}

export interface WebPushMessage {
  readonly payload: string;
  /** Replaces what waits under it; at most 32 characters, base64url. */
  readonly topic: string;
  readonly ttlSeconds: number;
  readonly signal?: AbortSignal | undefined;
}

/** Browsers' push services, each named by the subscription's endpoint. */
export interface WebPush {
  /** @throws when the subscription's key is not one. */
  send(subscription: Subscription, message: WebPushMessage): Promise<Posted>;
}

/** Posts encrypted messages, signed with our key. @throws when the key is not one. */
export function openWebPush({ privateKey, subject, timeoutMs = 10_000 }: WebPushOptions): WebPush {
  const ecdh = createECDH('prime256v1');
  ecdh.setPrivateKey(privateKey, 'base64url');
  const publicKey = ecdh.getPublicKey();
  const [x, y] = [publicKey.subarray(1, 33), publicKey.subarray(33)].map((part) => part.toString('base64url'));
  const key = importJWK({ kty: 'EC', crv: 'P-256', d: privateKey, x: x ?? '', y: y ?? '' }, 'ES256');

  async function send(subscription: Subscription, message: WebPushMessage): Promise<Posted> {
    const body = encryptFor(subscription, message.payload);
    const jwt = await new SignJWT()
      .setProtectedHeader({ alg: 'ES256', typ: 'JWT' })
      .setAudience(new URL(subscription.endpoint).origin)
      .setSubject(subject)
      .setExpirationTime('12h')
      .sign(await key);
    return post(subscription.endpoint, {
      headers: {
        Authorization: `vapid t=${jwt}, k=${publicKey.toString('base64url')}`,
        'Content-Encoding': 'aes128gcm',
        'Content-Type': 'application/octet-stream',
        TTL: String(message.ttlSeconds),
        Topic: message.topic,
      },
      body,
      timeoutMs,
      signal: message.signal,
    });
  }
  return Object.freeze({ send });
}
