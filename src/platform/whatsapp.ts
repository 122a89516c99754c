import { post, type Posted } from './post.ts';

export interface WhatsAppOptions {
  /** Without a slash at its end. */
  readonly url: string;
  /** `v23.0` */
  readonly version: string;
  readonly phoneNumberId: string;
  readonly accessToken: string;
  readonly timeoutMs?: number;
}

/** WhatsApp's Cloud API, for one number of ours. */
export interface WhatsApp {
  /** Posts one message of its reference. */
  send(message: object, signal?: AbortSignal): Promise<Posted>;
}

/** Posts with our token; it opens nothing. */
export function openWhatsApp(
  { url, version, phoneNumberId, accessToken, timeoutMs = 15_000 }: WhatsAppOptions,
): WhatsApp {
  const send = (message: object, signal?: AbortSignal) =>
    post(`${url}/${version}/${phoneNumberId}/messages`, {
      headers: { Authorization: `Bearer ${accessToken}`, 'Content-Type': 'application/json' },
      body: JSON.stringify({ messaging_product: 'whatsapp', recipient_type: 'individual', ...message }),
      timeoutMs,
      signal,
    });
  return Object.freeze({ send });
}
