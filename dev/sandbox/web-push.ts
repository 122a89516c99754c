import { createDecipheriv, createECDH, createPublicKey, hkdfSync, randomBytes, randomUUID, verify } from 'node:crypto';
import { type Provider, type Received, type Reply, startProvider } from './http-provider.ts';
import type { Certificate } from './certificates.ts';

/** A message that the push service took, as the browser reads it. */
export interface BrowserPush {
  readonly subscriptionId: string;
  readonly topic: string;
  readonly payload: Readonly<Record<string, unknown>>;
}

export interface BrowserSubscription {
  readonly endpoint: string;
  /** base64url. */
  readonly keys: { readonly p256dh: string; readonly auth: string };
}

/** A pretended push service (RFC 8030) and the browsers behind it. */
export interface WebPushSandbox extends Provider<BrowserPush> {
  /** A browser subscribes. */
  subscribe(): BrowserSubscription;
  /** The service knows the subscription no longer. */
  expire(endpoint: string): void;
}

interface Browser {
  readonly privateKey: Buffer;
  readonly auth: Buffer;
}

const MOST_BYTES = 4_096;

/** Starts the push service. */
export async function startWebPush(
  { port, logFile, certificate }: { readonly port?: number; readonly logFile?: string; readonly certificate?: Certificate | undefined } = {},
): Promise<WebPushSandbox> {
  const browsers = new Map<string, Browser>();
  const provider: Provider<BrowserPush> = await startProvider<BrowserPush>({
    ...(port !== undefined && { port }),
    logFile,
    certificate,
    failures: {
      refuse: { status: 400, body: { code: 400, errno: 110, error: 'Bad Request' } },
      account: { status: 401, body: { code: 401, errno: 109, error: 'Unauthorized', message: 'Request did not validate' } },
      later: { status: 500 },
      limit: { status: 429 },
      defer: { status: 406 },
    },
    judge({ method, path, headers, body }: Received) {
      const subscriptionId = /^\/push\/([\w-]+)$/.exec(path)?.[1] ?? '';
      const refused = refusal(method, headers, provider.url);
      if (refused !== undefined) return refused;
      const browser = browsers.get(subscriptionId);
      if (browser === undefined) return { status: 410 };
      if (body.length > MOST_BYTES) return { status: 413 };
      const payload = JSON.parse(decrypt(body, browser)) as BrowserPush['payload'];
      const location = `${provider.url}/message/${randomUUID()}`;
      const accepted = { subscriptionId, topic: String(headers['topic']), payload };
      return { accepted, reply: { status: 201, headers: { Location: location } } };
    },
  });
  return Object.assign(provider, {
    subscribe(): BrowserSubscription {
      const [id, ecdh, auth] = [randomUUID(), createECDH('prime256v1'), randomBytes(16)];
      const p256dh = ecdh.generateKeys().toString('base64url');
      browsers.set(id, { privateKey: ecdh.getPrivateKey(), auth });
      return { endpoint: `${provider.url}/push/${id}`, keys: { p256dh, auth: auth.toString('base64url') } };
    },
    expire: (endpoint: string) => void browsers.delete(endpoint.split('/').at(-1) ?? ''),
  });
}

/** What is wrong with a request, whoever it is for. */
function refusal(method: string, headers: Received['headers'], origin: string): Reply | undefined {
  if (method !== 'POST') return { status: 404 };
  if (headers['content-encoding'] !== 'aes128gcm') return { status: 415 };
  if (!/^\d+$/.test(String(headers['ttl'])) || !/^[\w-]{1,32}$/.test(String(headers['topic']))) return { status: 400 };
  return isVapid(headers.authorization ?? '', origin) ? undefined : { status: 403 };
}

/** RFC 8292: an ES256 token for this origin that ends within a day, signed by the key that is sent along. */
function isVapid(authorization: string, origin: string): boolean {
  const [, jwt = '', k = ''] = /^vapid t=([^,]+), ?k=([\w-]+)$/.exec(authorization) ?? [];
  const [header = '', claims = '', signature = ''] = jwt.split('.');
  const point = Buffer.from(k, 'base64url');
  if (point.length !== 65) return false;
  const [x, y] = [point.subarray(1, 33).toString('base64url'), point.subarray(33).toString('base64url')];
  const key = createPublicKey({ key: { kty: 'EC', crv: 'P-256', x, y }, format: 'jwk' });
  const signed = Buffer.from(`${header}.${claims}`);
  const isSigned = verify('sha256', signed, { key, dsaEncoding: 'ieee-p1363' }, Buffer.from(signature, 'base64url'));
  if (!isSigned) return false;
  const { aud, exp, sub } = JSON.parse(Buffer.from(claims, 'base64url').toString()) as Record<string, unknown>;
  const lifetimeMs = Number(exp) * 1_000 - Date.now();
  return aud === origin && lifetimeMs > 0 && lifetimeMs <= 86_400_000 && /^(mailto:|https:)/.test(String(sub));
}

/** RFC 8188 and 8291, from the browser's side. */
function decrypt(body: Buffer, { privateKey, auth }: Browser): string {
  const ecdh = createECDH('prime256v1');
  ecdh.setPrivateKey(privateKey);
  const [salt, sender, sealed] = [body.subarray(0, 16), body.subarray(21, 86), body.subarray(86)];
  const info = Buffer.concat([Buffer.from('WebPush: info\0'), ecdh.getPublicKey(), sender]);
  const ikm = Buffer.from(hkdfSync('sha256', ecdh.computeSecret(sender), auth, info, 32));
  const derived = (name: string, bytes: number) => Buffer.from(hkdfSync('sha256', ikm, salt, `${name}\0`, bytes));
  const key = derived('Content-Encoding: aes128gcm', 16);
  const decipher = createDecipheriv('aes-128-gcm', key, derived('Content-Encoding: nonce', 12));
  decipher.setAuthTag(sealed.subarray(-16));
  const padded = Buffer.concat([decipher.update(sealed.subarray(0, -16)), decipher.final()]);
  return padded.subarray(0, padded.lastIndexOf(2)).toString();
}
