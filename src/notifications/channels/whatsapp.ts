import { answerOfWhatsApp, readWhatsAppBody } from '../../platform/answers/whatsapp.ts';
import type { Posted } from '../../platform/post.ts';
import type { WhatsApp } from '../../platform/whatsapp.ts';
import { whatsAppParameter } from './channel-text.ts';
import { type Outcome, outcomeOfHttp, type OutwardChannel, type OutwardMessage } from './channel.ts';
import type { Rendered } from '../templates/render.ts';
import type { ApprovedTemplate, Reader, TemplateContract } from '../templates/template-contract.ts';

const NOTHING = '—'; // an empty parameter is refused

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
    const parameters = content.text.split('\n').map((text) => ({ type: 'text', text: whatsAppParameter(text) || NOTHING }));
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
    return outcome(posted);
  }
  return Object.freeze({ send });
}

const nameFor = ({ name, nameFor = {} }: ApprovedTemplate, reader: Reader | undefined) => (reader && nameFor[reader]) ?? name;

const refused = (reason: string): Outcome => ({ outcome: 'rejected', reason: `whatsapp: ${reason}` });

function outcome({ status, headers, body }: Extract<Posted, { answered: true }>): Outcome {
  const read = readWhatsAppBody(body);
  const reason = ['whatsapp', status, read.code].filter((part) => part !== undefined).join(' ');
  if (status === 200 && read.id !== undefined) return { outcome: 'sent', providerId: read.id };
  if (status < 300) return { outcome: 'unknown', reason: `${reason} is no answer we know` };
  return outcomeOfHttp(answerOfWhatsApp(status, read), { reason, headers });
}
