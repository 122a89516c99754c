import { type Answer, answers, answerOfStatus } from './answer.ts';

/**
 * Answers of FCM's HTTP v1 by the code in its `FcmError`.
 * Source: firebase.google.com/docs/reference/fcm/rest/v1/ErrorCode.
 */
const BY_CODE: Readonly<Record<string, Answer>> = {
  INVALID_ARGUMENT: answers.messageNever,
  UNREGISTERED: answers.gone,
  SENDER_ID_MISMATCH: answers.gone,
  // The key with which FCM signs in at APNs, or at a browser's push service: other platforms' messages leave.
  THIRD_PARTY_AUTH_ERROR: answers.messageNever,
  QUOTA_EXCEEDED: answers.accountLater,
  UNAVAILABLE: answers.everybodyLater,
  INTERNAL: answers.everybodyLater,
};

/** Answers by the `status` of Google's APIs, where there is no `FcmError`. Source: google.rpc.Code. */
const BY_STATUS: Readonly<Record<string, Answer>> = {
  INVALID_ARGUMENT: answers.messageNever,
  FAILED_PRECONDITION: answers.messageNever,
  OUT_OF_RANGE: answers.messageNever,
  // The project of the path: a token that is not known is UNREGISTERED.
  NOT_FOUND: answers.accountNever,
  UNAUTHENTICATED: answers.accountNever,
  PERMISSION_DENIED: answers.accountNever,
  RESOURCE_EXHAUSTED: answers.accountLater,
  DEADLINE_EXCEEDED: answers.gatewayTimeout,
  ABORTED: answers.everybodyLater,
  CANCELLED: answers.everybodyLater,
  INTERNAL: answers.everybodyLater,
  UNAVAILABLE: answers.everybodyLater,
  UNKNOWN: answers.everybodyLater,
  DATA_LOSS: answers.everybodyLater,
};

/** What an answer of FCM holds; codes only, for its texts may quote the token. */
export interface FcmBody {
  /** The name of the message that was taken. */
  readonly name: string | undefined;
  readonly errorCode: string | undefined;
  readonly status: string | undefined;
  /** The quota that is used up is that of one device. */
  readonly isOneDevice: boolean;
}

/** Returns what an answer of FCM means that is no acceptance. */
export function answerOfFcm(httpStatus: number, { errorCode = '', status = '', isOneDevice }: FcmBody): Answer {
  const byHttp = httpStatus === 404 ? answers.accountNever : answerOfStatus(httpStatus);
  const answer = BY_CODE[errorCode] ?? BY_STATUS[status] ?? byHttp;
  return answer === answers.accountLater && isOneDevice ? answers.recipientLater : answer;
}

interface FcmJson {
  readonly name?: unknown;
  readonly error?: { readonly status?: unknown; readonly details?: unknown };
}

interface Detail {
  readonly errorCode?: unknown;
  readonly violations?: unknown;
}

/** Reads an answer of FCM; what is not there, or is not text, is absent. */
export function readFcmBody(body: string): FcmBody {
  const { name, error } = parse(body) as FcmJson;
  const details = (Array.isArray(error?.details) ? error.details : []).map((detail) => Object(detail) as Detail);
  const violations = details.flatMap((detail) => (Array.isArray(detail.violations) ? (detail.violations as unknown[]) : []));
  const subjects = violations.map((violation) => String((Object(violation) as { subject?: unknown }).subject));
  return {
    name: typeof name === 'string' ? name : undefined,
    errorCode: details.map(({ errorCode }) => errorCode).find(isCode),
    status: isCode(error?.status) ? error.status : undefined,
    isOneDevice: subjects.length > 0 && subjects.every((subject) => /^(?:device|token):/i.test(subject)),
  };
}

const isCode = (value: unknown): value is string => typeof value === 'string' && /^[A-Z_]{1,40}$/.test(value);

function parse(body: string): object {
  try {
    return Object(JSON.parse(body)) as object;
  } catch {
    return {};
  }
}
