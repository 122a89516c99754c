import { expect, test } from 'vitest';
import { answers } from '../../../src/platform/answers/answer.ts';
import { answerOfWhatsApp, readWhatsAppBody } from '../../../src/platform/answers/whatsapp.ts';

const documented: readonly (readonly [answer: keyof typeof answers, codes: readonly (readonly [http: number, code: number])[]])[] = [
  ['accountNever', [
    [401, 0], [500, 3], [403, 10], [401, 190], [403, 200], [403, 299], [400, 33], [403, 368], [403, 131005], [403, 131031],
    [400, 131037], [400, 131042], [500, 131045], [500, 133000], [400, 133010],
  ]],
  ['accountLater', [[400, 4], [400, 80007], [400, 130429], [429, 130429], [400, 131048], [500, 131057], [400, 133015], [400, 613]]],
  ['everybodyLater', [[503, 2], [500, 131000], [500, 131016], [503, 131016], [503, 133004]]],
  ['recipientLater', [[400, 131049], [400, 131056]]],
  ['recipientNever', [[400, 130472], [403, 130497], [400, 131021], [400, 131026], [400, 131030], [400, 131047], [400, 131050]]],
  ['messageLater', [[400, 1], [400, 132015]]],
  ['messageNever', [
    [400, 100], [400, 131008], [400, 131009], [400, 131051], [400, 131052], [500, 131053], [400, 132000], [404, 132001],
    [400, 132005], [400, 132007], [400, 132012], [400, 132016], [400, 132068], [400, 132069], [400, 135000],
  ]],
];

test.each(documented.flatMap(([answer, codes]) => codes.map(([http, code]) => [http, code, answer] as const)))(
  '%i with code %i is %s', (http, code, answer) => {
    const body = JSON.stringify({ error: { message: '(#1) no', type: 'OAuthException', code, fbtrace_id: 'A' } });
    expect(answerOfWhatsApp(http, readWhatsAppBody(body))).toEqual(answers[answer]);
  },
);

test.each<readonly [http: number, body: string, answer: keyof typeof answers]>([
  [400, '{"error":{"code":100,"error_subcode":33}}', 'accountNever'],
  [400, '{"error":{"code":999999}}', 'messageNever'],
  [500, '{"error":{"code":999999}}', 'everybodyLater'],
  [400, '{"error":{"code":"131056"}}', 'recipientLater'],
  [401, '', 'accountNever'],
  [404, '<html>', 'accountNever'],
  [429, '', 'accountLater'],
  [500, '<html>', 'everybodyLater'],
  [502, '', 'everybodyLater'],
  [503, '{}', 'everybodyLater'],
  [504, '', 'gatewayTimeout'],
  [302, '', 'everybodyLater'],
])('%i %s is %s', (http, body, answer) => {
  expect(answerOfWhatsApp(http, readWhatsAppBody(body))).toEqual(answers[answer]);
});

test.each(['', 'null', '{"messages":{}}', '{"messages":[null]}', '{"error":null}', '{"error":{"code":null}}'])('a body %j tells nothing', (body) => {
  expect(readWhatsAppBody(body)).toEqual({ id: undefined, code: undefined, subcode: undefined });
});
