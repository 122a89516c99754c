/** A provider's answer that is no acceptance, by the two questions that decide what becomes of the message. */
export interface Answer {
  /** Scope of the answer: another recipient, another message or another account may be answered otherwise. */
  readonly concerns: 'recipient' | 'message' | 'account' | 'everybody';
  /** When the same may be asked again: `never` means not until somebody has changed something. */
  readonly when: 'never' | 'later';
  /** Whether the message was handed over; `maybe` where the answer comes from a gateway in between. */
  readonly handedOver: 'no' | 'maybe';
  /** The address belongs to nobody any more. */
  readonly isGone?: true;
}

const no = { handedOver: 'no' } as const;

/** The answers there are; each table of a provider points at these. */
export const answers = Object.freeze({
  gone: { ...no, concerns: 'recipient', when: 'never', isGone: true },
  recipientNever: { ...no, concerns: 'recipient', when: 'never' },
  /** Greylisting, a full mailbox, too much at once for one recipient. */
  recipientLater: { ...no, concerns: 'recipient', when: 'later' },
  messageNever: { ...no, concerns: 'message', when: 'never' },
  messageLater: { ...no, concerns: 'message', when: 'later' },
  /** Our credentials, rights, sender, clock or payment: an operator has to act. */
  accountNever: { ...no, concerns: 'account', when: 'never' },
  /** Our pace: a quota of ours is used up for now. */
  accountLater: { ...no, concerns: 'account', when: 'later' },
  everybodyLater: { ...no, concerns: 'everybody', when: 'later' },
  gatewayTimeout: { concerns: 'everybody', when: 'later', handedOver: 'maybe' },
} satisfies Record<string, Answer>);

/** Returns the answer of an HTTP status that tells nothing about one recipient: a gateway's, a proxy's, a limit's. */
export function answerOfStatus(status: number): Answer {
  if (status === 401 || status === 403 || status === 402 || status === 407) return answers.accountNever;
  if (status === 429) return answers.accountLater;
  if (status === 504) return answers.gatewayTimeout;
  if (status >= 500 || status === 408 || (status >= 300 && status < 400)) return answers.everybodyLater;
  return answers.messageNever;
}
