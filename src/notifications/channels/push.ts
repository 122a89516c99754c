import type { Fcm } from '../../platform/fcm.ts';
import { retryAfterMs, type Posted } from '../../platform/post.ts';
import type { WebPush } from '../../platform/web-push.ts';
import { LONGEST_PAYLOAD_BYTES } from '../../platform/web-push-encryption.ts';
import type { PushDevice, PushPlatform } from '../../store/push-devices.ts';
import type { Outcome, OutwardChannel, OutwardMessage } from '../channel.ts';
import type { Rendered } from '../render.ts';

type PushMessage = OutwardMessage<PushDevice, Rendered['push']>;

/** Push, by the platforms that are configured. */
export interface PushChannel extends OutwardChannel<PushDevice, Rendered['push']> {
  readonly platforms: readonly PushPlatform[];
}

const TITLE_CHARACTERS = 65;
const BODY_CHARACTERS = 178; // what a locked iPhone shows
const TTL_SECONDS = 86_400;

/** Push to apps and browsers; a repetition takes the place of the message it repeats. */
export function pushChannel({ fcm, webPush }: {
  readonly fcm?: Fcm | undefined;
  readonly webPush?: WebPush | undefined;
}): PushChannel {
  const platforms: readonly PushPlatform[] = [
    ...(fcm === undefined ? [] : ['fcm' as const]), ...(webPush === undefined ? [] : ['web' as const]),
  ];
  async function send(message: PushMessage): Promise<Outcome> {
    const { to } = message;
    if (to.platform === 'fcm' && fcm !== undefined) return sendByFcm(fcm, to.token, message);
    if (to.platform === 'web' && webPush !== undefined) return sendToBrowser(webPush, to, message);
    return { outcome: 'rejected', permanent: true, reason: `push: ${to.platform} is not configured` };
  }
  return Object.freeze({ platforms, send });
}

async function sendByFcm(fcm: Fcm, token: string, message: PushMessage): Promise<Outcome> {
  const { notificationId, link, signal } = message;
  const posted = await fcm.send({
    token,
    notification: shown(message),
    data: { notificationId, ...(link !== undefined && { link }) },
    android: { collapse_key: notificationId, ttl: `${TTL_SECONDS}s`, notification: { tag: notificationId } },
    apns: { headers: { 'apns-collapse-id': notificationId } },
    webpush: { notification: { tag: notificationId } },
  }, signal);
  if (!posted.answered) return unanswered('fcm', posted);
  const { status, headers, body } = posted;
  const { name, error } = parsed(body);
  const reason = ['fcm', status, error?.code].filter(Boolean).join(' ');
  if (status === 200 && name !== undefined) return { outcome: 'sent', providerId: name };
  const isGone = error?.code === 'UNREGISTERED' || error?.code === 'SENDER_ID_MISMATCH';
  // Our credentials, or our project's: no message is to blame.
  if (status === 401 || (status === 403 && !isGone)) return { outcome: 'unreachable', reason };
  return refusal(reason, { status, headers, isGone, everyone: true });
}

async function sendToBrowser(
  webPush: WebPush,
  device: PushDevice & { readonly platform: 'web' },
  message: PushMessage,
): Promise<Outcome> {
  const { notificationId, link, signal } = message;
  const payload = JSON.stringify({ ...shown(message), tag: notificationId, notificationId, link });
  const rejected = (reason: string, gone = false): Outcome => ({ outcome: 'rejected', permanent: true, reason, gone });
  if (Buffer.byteLength(payload) > LONGEST_PAYLOAD_BYTES) return rejected('web push: the message is too long');
  const topic = notificationId.replaceAll('-', '');
  let posted: Posted;
  try {
    posted = await webPush.send(device, { payload, topic, ttlSeconds: TTL_SECONDS, signal });
  } catch {
    return rejected('web push: the subscription has no usable key', true);
  }
  if (!posted.answered) {
    const outcome = unanswered('web push', posted);
    // The address names its server: that one is away is no outage of the others.
    return outcome.outcome === 'unreachable' ? { ...outcome, outcome: 'rejected', permanent: false } : outcome;
  }
  const { status, headers } = posted;
  if (status >= 200 && status < 300) return { outcome: 'sent', providerId: notificationId };
  const isGone = status === 404 || status === 410;
  return refusal(`web push ${status}`, { status, headers, isGone, everyone: false }); // one of many services
}

interface Refusal {
  readonly status: number;
  readonly headers: Headers;
  readonly isGone: boolean;
  /** Whether a limit is ours altogether. */
  readonly everyone: boolean;
}

/** What a status says that both kinds of service share. */
function refusal(
  reason: string,
  { status, headers, isGone, everyone }: Refusal,
): Outcome {
  if (isGone) return { outcome: 'rejected', permanent: true, reason, gone: true };
  if (status === 429 || (status === 503 && headers.has('retry-after'))) {
    return { outcome: 'limited', retryAfterMs: retryAfterMs(headers), everyone, reason };
  }
  if (status >= 500) return { outcome: 'rejected', permanent: false, reason };
  if (status >= 400) return { outcome: 'rejected', permanent: true, reason };
  return { outcome: 'unknown', reason: `${reason} is no answer we know` };
}

function unanswered(service: string, { handedOver, reason }: Extract<Posted, { answered: false }>): Outcome {
  return { outcome: handedOver ? 'unknown' : 'unreachable', reason: `${service} ${reason}` };
}

const shown = ({ content: { title, body } }: PushMessage) =>
  ({ title: clip(title, TITLE_CHARACTERS), body: clip(body, BODY_CHARACTERS) });

/** Cut between characters as people count them. */
function clip(text: string, longest: number): string {
  if (text.length <= longest) return text;
  let clipped = '';
  for (const { segment } of new Intl.Segmenter().segment(text)) {
    if (clipped.length + segment.length > longest - 1) break;
    clipped += segment;
  }
  return `${clipped}…`;
}

interface FcmAnswer {
  readonly name?: string | undefined;
  readonly error?: { readonly code: string | undefined };
}

/** The two things we look for; codes only, for texts may quote the token. */
function parsed(body: string): FcmAnswer {
  let answer: { name?: unknown; error?: { status?: unknown; details?: unknown } };
  try {
    answer = Object(JSON.parse(body)) as typeof answer;
  } catch {
    return {};
  }
  const details = Array.isArray(answer.error?.details) ? (answer.error.details as unknown[]) : [];
  const codes = details.map((detail) => (Object(detail) as { errorCode?: unknown }).errorCode);
  const code = [...codes, answer.error?.status].find((found): found is string => typeof found === 'string' && /^[A-Z_]{1,40}$/.test(found));
  return { name: typeof answer.name === 'string' ? answer.name : undefined, error: { code } };
}
