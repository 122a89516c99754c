import { type Answer, answers, answerOfStatus } from './answer.ts';

/** Codes of WhatsApp's Cloud API by what they mean. Source: its page "Error codes", and the Graph API's "Handling errors". */
const CODES: readonly (readonly [answer: Answer, codes: readonly number[]])[] = [
  [answers.accountNever, [
    0, 3, 10, 102, 104, 190, // our token, our permissions
    33, 133000, 133010, 131045, // our number is not registered
    368, 131031, 131037, 131042, 131005, // our account is restricted, or not paid for
  ]],
  [answers.accountLater, [
    4, 17, 32, 613, 80007, 130429, 131048, // our pace
    131057, 133015, // our number is moved
  ]],
  [answers.everybodyLater, [2, 131000, 131016, 133004]],
  [answers.recipientLater, [131049, 131056]],
  [answers.recipientNever, [130472, 130497, 131021, 131026, 131030, 131047, 131050]],
  [answers.messageLater, [1, 132015]], // 132015: the template is paused for some hours
  [answers.messageNever, [
    100, 131008, 131009, 131051, 131052, 131053, 135000,
    132000, 132001, 132005, 132007, 132012, 132016, 132018, 132068, 132069,
  ]],
];

const BY_CODE: ReadonlyMap<number, Answer> =
  new Map(CODES.flatMap(([answer, codes]) => codes.map((code) => [code, answer] as const)));

/** What an answer of the Cloud API holds; no texts, for these may quote the number. */
export interface WhatsAppBody {
  /** The id of the message that was taken. */
  readonly id: string | undefined;
  readonly code: number | undefined;
  readonly subcode: number | undefined;
}

const NO_SUCH_OBJECT = 33; // with code 100: our number's id does not exist, or our token may not use it

/** Returns what an answer of the Cloud API means that is no acceptance. */
export function answerOfWhatsApp(status: number, { code, subcode }: WhatsAppBody): Answer {
  if (code === 100 && subcode === NO_SUCH_OBJECT) return answers.accountNever;
  if (code === undefined) return status === 404 ? answers.accountNever : answerOfStatus(status);
  if (code >= 200 && code <= 299) return answers.accountNever; // permissions
  return BY_CODE.get(code) ?? answerOfStatus(status);
}

/** Reads an answer of the Cloud API; what is not there, or is no number, is absent. */
export function readWhatsAppBody(body: string): WhatsAppBody {
  let answer: { readonly messages?: unknown; readonly error?: { readonly code?: unknown; readonly error_subcode?: unknown } };
  try {
    answer = Object(JSON.parse(body)) as typeof answer;
  } catch {
    answer = {};
  }
  const id = Array.isArray(answer.messages) ? (Object(answer.messages[0]) as { id?: unknown }).id : undefined;
  const { code, error_subcode: subcode } = Object(answer.error) as NonNullable<typeof answer.error>;
  return { id: typeof id === 'string' ? id : undefined, code: toCode(code), subcode: toCode(subcode) };
}

function toCode(value: unknown): number | undefined {
  const code = typeof value === 'number' || (typeof value === 'string' && value !== '') ? Number(value) : Number.NaN;
  return Number.isInteger(code) ? code : undefined;
}
