import { type Answer, answers, answerOfStatus } from './answer.ts';

/**
 * Answers of push services by status (RFC 8030, RFC 8292, and the documents of Mozilla's autopush, FCM, WNS and Apple).
 * A service has many subscriptions of ours, and we have many services: an answer about our pace is about one recipient.
 */
const BY_STATUS: Readonly<Record<number, Answer>> = {
  400: answers.messageNever,
  401: answers.accountNever, // autopush 109: our signature, our clock
  403: answers.accountNever, // FCM, Apple: our key is not the one that the browser subscribed with, or our clock is wrong
  404: answers.gone,
  406: answers.recipientLater, // WNS says so where others say 429
  410: answers.gone,
  413: answers.messageNever,
  429: answers.recipientLater,
};

/** Texts of 400 that are about our key or signature: FCM's, and Apple's reasons. */
const OURS = /\bUnauthorized ?Registration\b|"reason"\s*:\s*"\w*(?:Jwt|Vapid)\w*"/i;

/** Returns what an answer of a push service means that is no acceptance. */
export function answerOfWebPush(status: number, body: string): Answer {
  if (status === 400 && OURS.test(body)) return answers.accountNever;
  return BY_STATUS[status] ?? answerOfStatus(status);
}
