import { createHmac, randomUUID } from 'node:crypto';
import { type Provider, type Received, type Reply, startProvider, type Verdict } from './http-provider.ts';
import type { Certificate } from './certificates.ts';

/** A template message that WhatsApp took. */
export interface WhatsAppMessage {
  readonly id: string;
  readonly to: string;
  readonly template: string;
  readonly language: string;
  readonly parameters: readonly string[];
  /** What comes back with each of its statuses. */
  readonly callbackData: string;
}

export type WhatsAppStatus = 'sent' | 'delivered' | 'read' | 'failed';

/** A pretended Cloud API; a number that ends in an error's code (131026, 131056, …) is refused with it. */
export interface WhatsAppSandbox extends Provider<WhatsAppMessage> {
  /** Reports statuses of a message in this order, each in a delivery of its own; the answers' statuses come back. */
  report(webhookUrl: string, message: WhatsAppMessage, statuses: readonly WhatsAppStatus[]): Promise<number[]>;
}

export interface WhatsAppSandboxOptions {
  readonly port?: number;
  readonly logFile?: string;
  readonly certificate?: Certificate | undefined;
  readonly phoneNumberId: string;
  readonly accessToken: string;
  readonly appSecret: string;
}

/** HTTP statuses of the codes it knows. */
const STATUS: Readonly<Record<string, number>> = {
  190: 401, 80007: 429, 130429: 429, 131000: 500, 131005: 403, 131016: 503, 131026: 400, 131031: 403, 131042: 400, 131047: 400,
  131048: 400, 131056: 400, 132001: 404,
};

interface Posted {
  readonly messaging_product: string;
  readonly to: string;
  readonly type: string;
  readonly biz_opaque_callback_data: string;
  readonly template: {
    readonly name: string;
    readonly language: { readonly code: string };
    readonly components: readonly { readonly parameters: readonly { readonly text: string }[] }[];
  };
}

/** Starts the Cloud API for one number. */
export async function startWhatsApp(options: WhatsAppSandboxOptions): Promise<WhatsAppSandbox> {
  const { port, logFile, certificate, appSecret } = options;
  const provider: Provider<WhatsAppMessage> = await startProvider<WhatsAppMessage>({
    ...(port !== undefined && { port }),
    logFile,
    certificate,
    failures: {
      refuse: refusal(131026), account: refusal(131042), later: refusal(131016), limit: refusal(130429), defer: refusal(131056),
    },
    judge: (request) => judge(request, options),
  });
  return Object.assign(provider, {
    async report(webhookUrl: string, message: WhatsAppMessage, statuses: readonly WhatsAppStatus[]) {
      const answers: number[] = [];
      for (const status of statuses) {
        const { body, headers } = signedReport(appSecret, { message, status });
        const answer = await fetch(webhookUrl, { method: 'POST', headers, body });
        await answer.arrayBuffer();
        answers.push(answer.status);
      }
      return answers;
    },
  });
}

function judge(
  { method, path, headers, body }: Received,
  { phoneNumberId, accessToken }: WhatsAppSandboxOptions,
): Verdict<WhatsAppMessage> {
  if (method !== 'POST' || !new RegExp(`^/v\\d+\\.\\d/${phoneNumberId}/messages$`).test(path)) return refusal(100);
  if (headers.authorization !== `Bearer ${accessToken}`) return refusal(190);
  const posted = JSON.parse(body.toString()) as Posted;
  const code = Object.keys(STATUS).find((known) => posted.to.endsWith(known));
  if (code !== undefined) return refusal(Number(code));
  const { name: template, language, components } = posted.template;
  const parameters = components.flatMap((component) => component.parameters.map(({ text }) => text));
  const isPlain = parameters.every((text) => text !== '' && !/[\n\t]| {5}/.test(text));
  const isTemplate = posted.messaging_product === 'whatsapp' && posted.type === 'template';
  if (!isTemplate || !isPlain || !/^\d+$/.test(posted.to)) return refusal(100);
  const id = `wamid.${randomUUID()}`;
  const { to, biz_opaque_callback_data: callbackData } = posted;
  const contacts = [{ input: to, wa_id: to }];
  return {
    accepted: { id, to, template, language: language.code, parameters, callbackData },
    reply: {
      status: 200, body: { messaging_product: 'whatsapp', contacts, messages: [{ id, message_status: 'accepted' }] },
    },
  };
}

/** One status as the Cloud API reports and signs it. */
export function signedReport(
  appSecret: string,
  { message, status }: {
    readonly message: Pick<WhatsAppMessage, 'id' | 'to' | 'callbackData'>;
    readonly status: WhatsAppStatus;
  },
) {
  const reported = {
    id: message.id, status, timestamp: String(Math.floor(Date.now() / 1_000)), recipient_id: message.to,
    biz_opaque_callback_data: message.callbackData,
    ...(status === 'failed' && { errors: [{ code: 131026, title: 'Message undeliverable' }] }),
  };
  const value = { messaging_product: 'whatsapp', metadata: { phone_number_id: '1' }, statuses: [reported] };
  const body = JSON.stringify({
    object: 'whatsapp_business_account', entry: [{ id: '1', changes: [{ field: 'messages', value }] }],
  });
  const signature = createHmac('sha256', appSecret).update(body).digest('hex');
  return { body, headers: { 'Content-Type': 'application/json', 'X-Hub-Signature-256': `sha256=${signature}` } };
}

function refusal(code: number): Reply {
  const message = `(#${code}) the number 5215512345678 is not it`;
  const error_data = { messaging_product: 'whatsapp', details: message };
  const error = { message, type: 'OAuthException', code, error_data, fbtrace_id: 'A1' };
  return { status: STATUS[code] ?? 400, body: { error } };
}
