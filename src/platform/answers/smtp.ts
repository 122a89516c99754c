import { type Answer, answers } from './answer.ts';

/** A reply of a mail server, and the command that it answers. */
export interface SmtpReply {
  /** As nodemailer names it: `CONN`, `EHLO`, `STARTTLS`, `AUTH PLAIN`, `MAIL FROM`, `RCPT TO`, `DATA`. */
  readonly command: string | undefined;
  /** 400 to 599. */
  readonly code: number;
  /** The whole reply: code, enhanced code (RFC 3463), text. */
  readonly text: string;
}

type Stage = 'session' | 'sender' | 'recipient' | 'message';

/** Returns what a reply means that is no acceptance (RFC 5321, RFC 3463 and its registry, Postfix, Exchange, Gmail). */
export function answerOfSmtp({ command = '', code, text }: SmtpReply): Answer {
  const stage = stageOf(command);
  if (code === 421) return answers.everybodyLater; // the server closes down, or closes us out, whatever was asked
  if ([530, 534, 535, 538].includes(code)) return answers.accountNever; // it wants TLS or other credentials
  const byStage = code < 500 ? LATER[stage] : NEVER[stage];
  return byEnhancedCode(code, text, stage) ?? byText(code, text, stage) ?? byStage;
}

function stageOf(command: string): Stage {
  if (command === 'MAIL FROM') return 'sender';
  if (command === 'RCPT TO') return 'recipient';
  return command === 'DATA' ? 'message' : 'session';
}

/** Replies that say no more than "not now" and "no", by what they answer. The sender is the same in all our mails. */
const LATER: Readonly<Record<Stage, Answer>> = {
  session: answers.everybodyLater,
  sender: answers.everybodyLater,
  recipient: answers.recipientLater,
  message: answers.everybodyLater,
};
const NEVER: Readonly<Record<Stage, Answer>> = {
  session: answers.accountNever,
  sender: answers.accountNever,
  recipient: answers.recipientNever,
  message: answers.messageNever,
};

const ENHANCED = /^\d{3}[ -][245]\.(\d{1,3})\.(\d{1,3})\b/;

const recipient = { later: answers.recipientLater, never: answers.recipientNever };
const message = { later: answers.messageLater, never: answers.messageNever };
const account = { later: answers.accountLater, never: answers.accountNever };

/** Subjects and details that mean the same at every stage. */
const BY_DETAIL: Readonly<Record<string, { readonly later: Answer; readonly never: Answer }>> = {
  '1.7': account, '1.8': account, // the sender's address
  '3.4': message, // too big
  '4.5': { later: answers.everybodyLater, never: answers.accountLater }, // congestion; Gmail: our quota of the day
  ...Object.fromEntries([2, 17, 18, 19, 124, 129, 133, 134, 520].map((detail) => [`7.${detail}`, recipient])),
  ...Object.fromEntries([
    8, 9, 10, 11, 12, 13, 14, // credentials, encryption
    20, 21, 22, 23, 24, 25, 26, 27, 28, 29, 30, // DKIM, SPF, DMARC, reverse DNS, a flood of mail
    57, 60, 64, 501, 502, 503, 506, 508, 509, 511, 705, 708, 750, // Exchange: client, domain, address, tenant
  ].map((detail) => [`7.${detail}`, account])),
};

/** Subjects about the recipient's address and mailbox, and about the message's content, whatever the detail is. */
const BY_SUBJECT: Readonly<Record<string, { readonly later: Answer; readonly never: Answer }>> = {
  1: recipient, 2: recipient, 6: message,
};

function byEnhancedCode(code: number, text: string, stage: Stage): Answer | undefined {
  const [, subject = '', detail = ''] = ENHANCED.exec(text) ?? [];
  const when = code < 500 ? 'later' : 'never';
  const isBlocked = /^60[6-9]$|^6[1-4]\d$/.test(detail); // Exchange 5.7.606 to 649: our address is on its list
  if (subject === '7' && isBlocked) return account[when];
  const isOurs = stage === 'sender' && subject !== '6'; // there is no recipient yet
  const answer = BY_DETAIL[`${subject}.${detail}`] ?? (isOurs ? undefined : BY_SUBJECT[subject]);
  if (answer !== undefined) return answer[when];
  if (when === 'never') return undefined;
  if (subject === '3') return answers.everybodyLater; // the system: its disk, its load
  if (subject === '7' && stage === 'sender') return answers.accountLater;
  if (subject === '7' && stage === 'message') return answers.messageLater; // greylisting after DATA
  return undefined;
}

/** Texts about our pace. */
const ABOUT_PACE = /throttl|sending (?:rate|quota|limit)|too much mail|rate limit/i;
/** Texts about us: Postfix judges the client, its HELO and the sender when it has the recipient. */
const ABOUT_US = /(?:sender address|client host|helo command) rejected/i;
/** Further texts about us, of refusals for good. */
const ABOUT_ACCOUNT = new RegExp([
  'relay(?:ing)? (?:access )?(?:denied|not permitted)', '(?:unable|not permitted|not allowed) to relay', 'authenticat', 'starttls',
  'not verified', 'blocked using', 'spamhaus', 'blacklist', 'block ?list', 'reverse dns', 'dmarc', 'dkim', '\\bspf\\b',
  'account (?:is )?(?:disabled|suspended|locked)', 'sending (?:is )?(?:disabled|paused|suspended)',
].join('|'), 'i');
const ABOUT_RECIPIENT = /recipient address rejected|user unknown|mailbox/i;

function byText(code: number, text: string, stage: Stage): Answer | undefined {
  if (ABOUT_PACE.test(text) && stage !== 'recipient') return answers.accountLater;
  if (stage === 'sender' && code === 552) return answers.messageNever; // the announced size
  if ((stage !== 'recipient' && stage !== 'message') || ABOUT_RECIPIENT.test(text)) return undefined;
  if (ABOUT_US.test(text)) return code < 500 ? answers.accountLater : answers.accountNever;
  return code >= 500 && ABOUT_ACCOUNT.test(text) ? answers.accountNever : undefined;
}
