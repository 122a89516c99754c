import { createPublicKey, generateKeyPairSync, randomUUID, verify } from 'node:crypto';
import type { ServiceAccount } from '../../src/platform/fcm.ts';
import { type Provider, type Received, type Reply, startProvider, type Verdict } from './http-provider.ts';
import type { Certificate } from './certificates.ts';

/** A message that FCM took. */
export interface FcmMessage {
  readonly token: string;
  readonly notification: { readonly title: string; readonly body: string };
  readonly data: Readonly<Record<string, string>>;
  readonly android: { readonly collapse_key: string };
}

/** A pretended Firebase: tokens that begin with `gone`, `foreign`, `ios` or `busy` are refused as it refuses them. */
export interface FcmSandbox extends Provider<FcmMessage> {
  /** As its key file has it; the key is made for this run. */
  readonly account: ServiceAccount;
  /** Access tokens granted so far. */
  grants(): number;
  /** Ends every access token. */
  revoke(): void;
}

const PROJECT = 'sandbox';
const SENDER = 'sender@sandbox.example';
const SEND = `/v1/projects/${PROJECT}/messages:send`;
const FCM_ERROR = 'type.googleapis.com/google.firebase.fcm.v1.FcmError';
const ERROR_INFO = 'type.googleapis.com/google.rpc.ErrorInfo';
const QUOTA_FAILURE = 'type.googleapis.com/google.rpc.QuotaFailure';

const KEYS = {
  modulusLength: 2_048,
  privateKeyEncoding: { type: 'pkcs8', format: 'pem' },
  publicKeyEncoding: { type: 'spki', format: 'pem' },
} as const;

/** Starts FCM's sign-in and its HTTP v1 on one port. */
export async function startFcm(
  { port, logFile, certificate }: { readonly port?: number; readonly logFile?: string; readonly certificate?: Certificate | undefined } = {},
): Promise<FcmSandbox> {
  const { privateKey, publicKey } = generateKeyPairSync('rsa', KEYS);
  const valid = new Set<string>();
  let grants = 0;
  const grant = (body: Buffer): Reply => {
    const form = new URLSearchParams(body.toString());
    const isOurs = isSigned(form.get('assertion') ?? '', publicKey, `${provider.url}/token`);
    if (form.get('grant_type') !== 'urn:ietf:params:oauth:grant-type:jwt-bearer' || !isOurs) {
      return { status: 400, body: { error: 'invalid_grant' } };
    }
    const token = `ya29.${randomUUID()}`;
    valid.add(token);
    grants += 1;
    return { status: 200, body: { access_token: token, expires_in: 3_599, token_type: 'Bearer' } };
  };
  const provider: Provider<FcmMessage> = await startProvider<FcmMessage>({
    ...(port !== undefined && { port }),
    logFile,
    certificate,
    failures: {
      refuse: refusal(400, 'INVALID_ARGUMENT', { errorCode: 'INVALID_ARGUMENT' }),
      account: refusal(403, 'PERMISSION_DENIED', { reason: 'SERVICE_DISABLED' }),
      later: refusal(500, 'INTERNAL', { errorCode: 'INTERNAL' }),
      limit: refusal(429, 'RESOURCE_EXHAUSTED', { errorCode: 'QUOTA_EXCEEDED' }),
      defer: deviceQuota('device-token'),
    },
    judge({ method, path, headers, body }: Received) {
      if (method === 'POST' && path === '/token') return grant(body);
      if (method !== 'POST' || path !== SEND) return { status: 404 };
      const bearer = /^Bearer (.+)$/.exec(headers.authorization ?? '')?.[1];
      if (bearer === undefined || !valid.has(bearer)) {
        return refusal(401, 'UNAUTHENTICATED', { reason: 'ACCESS_TOKEN_EXPIRED' });
      }
      return judgeMessage((JSON.parse(body.toString()) as { message: FcmMessage }).message);
    },
  });
  const account: ServiceAccount = {
    project_id: PROJECT, client_email: SENDER, private_key: privateKey, token_uri: `${provider.url}/token`,
  };
  return Object.assign(provider, { account, grants: () => grants, revoke: () => valid.clear() });
}

function judgeMessage(message: FcmMessage): Verdict<FcmMessage> {
  const { token } = message;
  if (token.startsWith('gone')) return refusal(404, 'NOT_FOUND', { errorCode: 'UNREGISTERED' });
  if (token.startsWith('foreign')) return refusal(403, 'PERMISSION_DENIED', { errorCode: 'SENDER_ID_MISMATCH' });
  if (token.startsWith('ios')) return refusal(401, 'UNAUTHENTICATED', { errorCode: 'THIRD_PARTY_AUTH_ERROR' });
  if (token.startsWith('busy')) return deviceQuota(token);
  const isText = Object.values(message.data).every((value) => typeof value === 'string');
  if (!isText) return refusal(400, 'INVALID_ARGUMENT', { errorCode: 'INVALID_ARGUMENT' });
  const name = `projects/${PROJECT}/messages/${randomUUID()}`;
  return { accepted: message, reply: { status: 200, body: { name } } };
}

/** A refusal as Google's APIs put it; the text quotes what it should not, as texts do. */
function refusal(code: number, status: string, detail: { readonly errorCode: string } | { readonly reason: string }): Reply {
  const details = [{ '@type': 'errorCode' in detail ? FCM_ERROR : ERROR_INFO, ...detail }];
  return { status: code, body: { error: { code, status, message: 'The token device-token is not it', details } } };
}

/** The refusal of a device that got too much. */
function deviceQuota(token: string): Reply {
  const violations = [{ subject: `device:${token}`, description: 'Device message rate exceeded.' }];
  const details = [{ '@type': FCM_ERROR, errorCode: 'QUOTA_EXCEEDED' }, { '@type': QUOTA_FAILURE, violations }];
  return { status: 429, body: { error: { code: 429, status: 'RESOURCE_EXHAUSTED', message: 'Quota exceeded.', details } } };
}

function isSigned(jwt: string, publicKey: string, audience: string): boolean {
  const [header = '', claims = '', signature = ''] = jwt.split('.');
  const signed = Buffer.from(`${header}.${claims}`);
  if (!verify('sha256', signed, createPublicKey(publicKey), Buffer.from(signature, 'base64url'))) return false;
  const { aud, scope, exp, iss } = JSON.parse(Buffer.from(claims, 'base64url').toString()) as Record<string, unknown>;
  const isRight = aud === audience && iss === SENDER && String(scope).endsWith('/firebase.messaging');
  return isRight && Number(exp) * 1_000 > Date.now();
}
