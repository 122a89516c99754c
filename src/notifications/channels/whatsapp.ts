import { type Posted, retryAfterMs } from '../../platform/post.ts';
import type { WhatsApp } from '../../platform/whatsapp.ts';
import type { Outcome, OutwardChannel, OutwardMessage } from '../channel.ts';
import type { Rendered } from '../render.ts';
import type { ApprovedTemplate, Reader, TemplateContract } from '../template-contract.ts';

type Message = OutwardMessage<string, Rendered['whatsapp']>;

/** WhatsApp, by templates that were approved there; an address is a number in E.164. */
export function whatsAppChannel(
  whatsApp: WhatsApp,
  contracts: readonly TemplateContract[],
): OutwardChannel<string, Rendered['whatsapp']> {
  async function send(message: Message): Promise<Outcome> {
    const { notificationId, to, template, reader, content, signal } = message;
    const approved = contracts.find(({ name }) => name === template)?.whatsapp;
    const language = approved?.languages[content.locale];
    if (approved === undefined || language === undefined) return refused('the template is not approved in the language');
    const parameters = content.text.split('\n').map((text) => ({ type: 'text', text: text.trim() }));
    const { length } = parameters;
    if (length !== approved.parameters) return refused(`${length} parameters instead of ${approved.parameters}`);
    const posted = await whatsApp.send({
      to: to.slice(1),
      type: 'template',
      template: { name: nameFor(approved, reader), language: { code: language }, components: [{ type: 'body', parameters }] },
      biz_opaque_callback_data: notificationId,
    }, signal);
    if (!posted.answered) {
      return { outcome: posted.handedOver ? 'unknown' : 'unreachable', reason: `whatsapp ${posted.reason}` };
    }
    return outcomeOf(posted);
  }
  return Object.freeze({ send });
}

const nameFor = ({ name, nameFor = {} }: ApprovedTemplate, reader: Reader | undefined) => (reader && nameFor[reader]) ?? name;

const refused = (reason: string): Outcome => ({ outcome: 'rejected', permanent: true, reason: `whatsapp: ${reason}` });

/** Too fast: for the app, the account or the number. */
const LIMITED = new Set([4, 80007, 130429, 131048]);
/** Too fast for the number and its reader. */
const PAIR_LIMITED = 131056;
/** Our token, our permissions or our account: no message is to blame. */
const OURS = new Set([0, 3, 10, 190, 368, 131005, 131031, 131042]);
/** Theirs, for now. */
const TRANSIENT = new Set([1, 2, 131000, 131016, 131057, 133004]);
const NO_CODE = -1;

function outcomeOf({ status, headers, body }: Extract<Posted, { answered: true }>): Outcome {
  const { id, code = NO_CODE } = parsed(body);
  const reason = ['whatsapp', status, ...(code === NO_CODE ? [] : [code])].join(' ');
  if (status === 200 && id !== undefined) return { outcome: 'sent', providerId: id };
  if (code === PAIR_LIMITED) return { outcome: 'limited', retryAfterMs: retryAfterMs(headers), everyone: false, reason };
  if (status === 429 || LIMITED.has(code)) {
    return { outcome: 'limited', retryAfterMs: retryAfterMs(headers), everyone: true, reason };
  }
  if (status === 401 || OURS.has(code)) return { outcome: 'unreachable', reason };
  if (status >= 500 || TRANSIENT.has(code)) return { outcome: 'rejected', permanent: false, reason };
  if (status >= 400) return { outcome: 'rejected', permanent: true, reason };
  return { outcome: 'unknown', reason: `${reason} is no answer we know` };
}

/** The message's id or the error's code; texts may quote the number. */
function parsed(body: string): { readonly id?: string | undefined; readonly code?: number | undefined } {
  let answer: { messages?: readonly { id?: unknown }[]; error?: { code?: unknown } };
  try {
    answer = Object(JSON.parse(body)) as typeof answer;
  } catch {
    return {};
  }
  const id = Array.isArray(answer.messages) ? (Object(answer.messages[0]) as { id?: unknown }).id : undefined;
  const code = Number(answer.error?.code ?? Number.NaN);
  return { id: typeof id === 'string' ? id : undefined, code: Number.isInteger(code) ? code : undefined };
}
