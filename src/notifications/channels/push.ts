import type { Fcm } from '../../platform/fcm.ts';
import { answerOfFcm, readFcmBody } from '../../platform/answers/fcm.ts';
import { answerOfWebPush } from '../../platform/answers/web-push.ts';
import type { Posted } from '../../platform/post.ts';
import type { WebPush } from '../../platform/web-push.ts';
import { LONGEST_PAYLOAD_BYTES } from '../../platform/web-push-encryption.ts';
import type { PushDevice, PushPlatform } from '../send/push-devices.ts';
import { oneLine, readable } from './channel-text.ts';
import { type Outcome, outcomeOfHttp, type OutwardChannel, type OutwardMessage } from './channel.ts';
import type { Rendered } from '../templates/render.ts';

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
    return { outcome: 'rejected', reason: `push: ${to.platform} is not configured` };
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
  if (!posted.answered && posted.isRefused === true) return { outcome: 'unauthorized', reason: `fcm ${posted.reason}` };
  if (!posted.answered) return unanswered('fcm', posted);
  const { status, headers } = posted;
  const body = readFcmBody(posted.body);
  const reason = ['fcm', status, body.errorCode ?? body.status].filter(Boolean).join(' ');
  if (status === 200 && body.name !== undefined) return { outcome: 'sent', providerId: body.name };
  if (status < 300) return { outcome: 'unknown', reason: `${reason} is no answer we know` };
  return outcomeOfHttp(answerOfFcm(status, body), { reason, headers });
}

async function sendToBrowser(
  webPush: WebPush,
  device: PushDevice & { readonly platform: 'web' },
  message: PushMessage,
): Promise<Outcome> {
  const { notificationId, link, signal } = message;
  const payload = JSON.stringify({ ...shown(message), tag: notificationId, notificationId, link });
  const rejected = (reason: string, gone = false): Outcome => ({ outcome: 'rejected', reason, gone });
  if (Buffer.byteLength(payload) > LONGEST_PAYLOAD_BYTES) return rejected('web push: the message is too long');
  const topic = notificationId.replaceAll('-', '');
  let posted: Posted;
  try {
    posted = await webPush.send(device, { payload, topic, ttlSeconds: TTL_SECONDS, signal });
  } catch {
    return rejected('web push: the subscription has no usable key', true);
  }
  // The address names its server: others may be there.
  if (!posted.answered) return unanswered('web push', posted, { isOneOfMany: true });
  const { status, headers, body } = posted;
  if (status >= 200 && status < 300) return { outcome: 'sent', providerId: notificationId };
  return outcomeOfHttp(answerOfWebPush(status, body), { reason: `web push ${status}`, headers, isOneOfMany: true });
}

function unanswered(
  service: string,
  { handedOver, reason }: Extract<Posted, { answered: false }>,
  one: { readonly isOneOfMany?: true } = {},
): Outcome {
  const facts = { reason: `${service} ${reason}` };
  return handedOver ? { outcome: 'unknown', ...facts } : { outcome: 'unreachable', ...facts, ...one };
}

const shown = ({ content: { title, body } }: PushMessage) =>
  ({ title: clip(oneLine(title), TITLE_CHARACTERS), body: clip(readable(body), BODY_CHARACTERS) });

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
