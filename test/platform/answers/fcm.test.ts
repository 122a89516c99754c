import { expect, test } from 'vitest';
import { answers } from '../../../src/platform/answers/answer.ts';
import { answerOfFcm, readFcmBody } from '../../../src/platform/answers/fcm.ts';

const FCM_ERROR = 'type.googleapis.com/google.firebase.fcm.v1.FcmError';
const quotaOf = (...subjects: readonly string[]) =>
  ({ '@type': 'type.googleapis.com/google.rpc.QuotaFailure', violations: subjects.map((subject) => ({ subject, description: 'too fast' })) });
const coded = (errorCode: string) => ({ '@type': FCM_ERROR, errorCode });
const apns = { '@type': 'type.googleapis.com/google.firebase.fcm.v1.ApnsError', statusCode: 403, reason: 'InvalidProviderToken' };
const info = (reason: string) => ({ '@type': 'type.googleapis.com/google.rpc.ErrorInfo', reason });

test.each<readonly [http: number, status: string | undefined, details: readonly object[], answer: keyof typeof answers]>([
  [400, 'INVALID_ARGUMENT', [coded('INVALID_ARGUMENT')], 'messageNever'],
  [400, 'INVALID_ARGUMENT', [{ '@type': 'type.googleapis.com/google.rpc.BadRequest', fieldViolations: [] }], 'messageNever'],
  [400, 'FAILED_PRECONDITION', [], 'messageNever'],
  [404, 'NOT_FOUND', [coded('UNREGISTERED')], 'gone'],
  [404, 'NOT_FOUND', [], 'accountNever'],
  [404, undefined, [], 'accountNever'],
  [403, 'PERMISSION_DENIED', [coded('SENDER_ID_MISMATCH')], 'gone'],
  [403, 'PERMISSION_DENIED', [info('SERVICE_DISABLED')], 'accountNever'],
  [403, 'PERMISSION_DENIED', [], 'accountNever'],
  [401, 'UNAUTHENTICATED', [coded('THIRD_PARTY_AUTH_ERROR'), apns], 'messageNever'],
  [403, 'PERMISSION_DENIED', [coded('THIRD_PARTY_AUTH_ERROR')], 'messageNever'],
  [401, 'UNAUTHENTICATED', [info('ACCESS_TOKEN_EXPIRED')], 'accountNever'],
  [401, 'UNAUTHENTICATED', [], 'accountNever'],
  [401, undefined, [], 'accountNever'],
  [429, 'RESOURCE_EXHAUSTED', [coded('QUOTA_EXCEEDED')], 'accountLater'],
  [429, 'RESOURCE_EXHAUSTED', [coded('QUOTA_EXCEEDED'), quotaOf('device:token-1')], 'recipientLater'],
  [429, 'RESOURCE_EXHAUSTED', [coded('QUOTA_EXCEEDED'), quotaOf('project:123')], 'accountLater'],
  [429, 'RESOURCE_EXHAUSTED', [coded('QUOTA_EXCEEDED'), quotaOf('device:token-1', 'project:123')], 'accountLater'],
  [429, 'RESOURCE_EXHAUSTED', [info('RATE_LIMIT_EXCEEDED')], 'accountLater'],
  [429, undefined, [], 'accountLater'],
  [500, 'INTERNAL', [coded('INTERNAL')], 'everybodyLater'],
  [500, undefined, [], 'everybodyLater'],
  [502, undefined, [], 'everybodyLater'],
  [503, 'UNAVAILABLE', [coded('UNAVAILABLE')], 'everybodyLater'],
  [503, undefined, [], 'everybodyLater'],
  [504, undefined, [], 'gatewayTimeout'],
  [504, 'DEADLINE_EXCEEDED', [], 'gatewayTimeout'],
  [500, 'UNKNOWN', [coded('UNSPECIFIED_ERROR')], 'everybodyLater'],
  [302, undefined, [], 'everybodyLater'],
  [407, undefined, [], 'accountNever'],
  [413, undefined, [], 'messageNever'],
])('%i %s %j is %s', (http, status, details, answer) => {
  const body = status === undefined ? '<html>' : JSON.stringify({ error: { code: http, status, message: 'no', details } });
  expect(answerOfFcm(http, readFcmBody(body))).toEqual(answers[answer]);
});

test.each(['', 'null', '[]', '{"error":[]}', '{"error":{"details":{"errorCode":1}}}', '{"name":1,"error":{"details":[null,{"violations":[null]}]}}'])(
  'a body %j tells nothing', (body) => {
    expect(readFcmBody(body)).toEqual({ name: undefined, errorCode: undefined, status: undefined, isOneDevice: false });
  },
);
