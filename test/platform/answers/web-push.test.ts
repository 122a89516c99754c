import { expect, test } from 'vitest';
import { answers } from '../../../src/platform/answers/answer.ts';
import { answerOfWebPush } from '../../../src/platform/answers/web-push.ts';

const autopush = (code: number, errno: number) => JSON.stringify({ code, errno, error: 'no', message: 'no', more_info: 'http://autopush' });

test.each<readonly [status: number, body: string, answer: keyof typeof answers]>([
  [301, '', 'everybodyLater'],
  [307, '', 'everybodyLater'],
  [400, autopush(400, 101), 'messageNever'],
  [400, autopush(400, 110), 'messageNever'],
  [400, autopush(400, 111), 'messageNever'],
  [400, 'UnauthorizedRegistration', 'accountNever'],
  [400, '{"reason":"VapidPkHashMismatch"}', 'accountNever'],
  [400, '{"reason":"BadJwtToken"}', 'accountNever'],
  [400, 'refused: authorization: vapid t=jwt', 'messageNever'],
  [401, autopush(401, 109), 'accountNever'],
  [403, 'the VAPID credentials in the authorization header do not correspond', 'accountNever'],
  [403, '{"reason":"ExpiredJwtToken"}', 'accountNever'],
  [404, autopush(404, 102), 'gone'],
  [406, '', 'recipientLater'],
  [410, autopush(410, 103), 'gone'],
  [410, autopush(410, 106), 'gone'],
  [413, autopush(413, 104), 'messageNever'],
  [415, '', 'messageNever'],
  [429, autopush(429, 201), 'recipientLater'],
  [500, autopush(500, 999), 'everybodyLater'],
  [502, autopush(502, 202), 'everybodyLater'],
  [503, autopush(503, 201), 'everybodyLater'],
  [504, '', 'gatewayTimeout'],
])('%i %s is %s', (status, body, answer) => {
  expect(answerOfWebPush(status, body)).toEqual(answers[answer]);
});
