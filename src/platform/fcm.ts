import { importPKCS8, SignJWT } from 'jose';
import { readFcmBody } from './answers/fcm.ts';
import { post, type Posted } from './post.ts';

/** The parts of a Google service account's key file that sign us in. */
export interface ServiceAccount {
  readonly project_id: string;
  readonly client_email: string;
  /** PKCS #8, PEM. */
  readonly private_key: string;
  readonly token_uri: string;
}

export interface FcmOptions {
  /** Without a slash at its end. */
  readonly url: string;
  readonly account: ServiceAccount;
  readonly timeoutMs?: number;
}

/** An answer, or none; `isRefused`: Google does not let us sign in. */
export type FcmPosted = Posted & { readonly isRefused?: boolean };

/** Firebase Cloud Messaging, HTTP v1. */
export interface Fcm {
  /** Posts one `Message` of its reference; a sign-in that fails is a message not handed over. */
  send(message: object, signal?: AbortSignal): Promise<FcmPosted>;
}

const SCOPE = 'https://www.googleapis.com/auth/firebase.messaging';
const GRANT = 'urn:ietf:params:oauth:grant-type:jwt-bearer';
const RENEWED_BEFORE_MS = 60_000;

/** Signs in with the first message, and again before the token ends or when it is refused. */
export function openFcm({ url, account, timeoutMs = 10_000 }: FcmOptions): Fcm {
  let token: { readonly granted: Promise<Granted>; renewAt: number } | undefined;

  /** Signs in once at a time, whoever asks; a failed sign-in is not kept. */
  function signedIn(): Promise<Granted> {
    if (token !== undefined && token.renewAt > Date.now()) return token.granted;
    const granted = signIn(account, timeoutMs);
    const current = { granted, renewAt: Infinity };
    token = current;
    void granted.then(({ accessToken, lifetimeMs }) => {
      current.renewAt = accessToken === undefined ? 0 : Date.now() + lifetimeMs - RENEWED_BEFORE_MS;
    });
    return granted;
  }

  const postWith = (accessToken: string, message: object, signal?: AbortSignal): Promise<Posted> =>
    post(`${url}/v1/projects/${account.project_id}/messages:send`, {
      headers: { Authorization: `Bearer ${accessToken}`, 'Content-Type': 'application/json' },
      body: JSON.stringify({ message }),
      timeoutMs,
      signal,
    });

  /** Returns false for an answer that another token may change: a 401 about another provider's key is not one. */
  const isAccepted = (posted: Posted): boolean =>
    !posted.answered || posted.status !== 401 || readFcmBody(posted.body).errorCode === 'THIRD_PARTY_AUTH_ERROR';

  async function send(message: object, signal?: AbortSignal): Promise<FcmPosted> {
    for (let isRenewed = false; ; isRenewed = true) {
      const signingIn = signedIn();
      const { accessToken, reason, isRefused } = await signingIn;
      if (accessToken === undefined) return { answered: false, handedOver: false, reason: `sign-in ${reason}`, isRefused };
      const posted = await postWith(accessToken, message, signal);
      if (isAccepted(posted)) return posted;
      // Only the token that was refused: another message may have renewed it meanwhile.
      if (token?.granted === signingIn) token = undefined;
      if (isRenewed) return posted;
    }
  }
  return Object.freeze({ send });
}

/** A token, or why there is none. */
interface Granted {
  readonly accessToken?: string;
  readonly lifetimeMs: number;
  readonly reason: string;
  /** Our account is refused: asking again does not help. */
  readonly isRefused: boolean;
}

async function signIn(account: ServiceAccount, timeoutMs: number): Promise<Granted> {
  const failed = (reason: string, isRefused = false): Granted => ({ lifetimeMs: 0, reason, isRefused });
  const assertion = await sign(account).catch(() => undefined);
  if (assertion === undefined) return failed('has no usable key', true);
  const answer = await post(account.token_uri, {
    headers: { 'Content-Type': 'application/x-www-form-urlencoded' },
    body: new URLSearchParams({ grant_type: GRANT, assertion }).toString(),
    timeoutMs,
  });
  if (!answer.answered) return failed(answer.reason);
  const { access_token: accessToken, expires_in: seconds } = parsed(answer.body);
  const isRefused = answer.status >= 400 && answer.status < 500 && ![408, 429].includes(answer.status);
  if (answer.status !== 200) return failed(String(answer.status), isRefused);
  if (typeof accessToken !== 'string' || typeof seconds !== 'number') return failed('answered without a token');
  return { accessToken, lifetimeMs: seconds * 1_000, reason: '', isRefused: false };
}

async function sign({ client_email, private_key, token_uri }: ServiceAccount): Promise<string> {
  return new SignJWT({ scope: SCOPE })
    .setProtectedHeader({ alg: 'RS256', typ: 'JWT' })
    .setIssuer(client_email)
    .setAudience(token_uri)
    .setIssuedAt()
    .setExpirationTime('1h')
    .sign(await importPKCS8(private_key, 'RS256'));
}

function parsed(body: string): Readonly<Record<string, unknown>> {
  try {
    return Object(JSON.parse(body)) as Record<string, unknown>;
  } catch {
    return {};
  }
}
