import { randomUUID } from 'node:crypto';
import { expect, onTestFinished, test } from 'vitest';
import { startWhatsApp } from '../../../dev/sandbox/whatsapp.ts';
import { whatsAppChannel } from '../../../src/notifications/channels/whatsapp.ts';
import { openWhatsApp } from '../../../src/platform/whatsapp.ts';
import { templateContracts } from '../../../templates/index.ts';
import { describeChannel } from './conformance.ts';

const accessToken = 'EAAB-secret-token';
const phoneNumberId = '106540352242922';
const PHONE = '+5215512345678';

interface Given {
  readonly to?: string;
  readonly text?: string;
  readonly template?: string;
  readonly locale?: string;
  readonly signal?: AbortSignal | undefined;
}

async function world({ token = accessToken } = {}) {
  const sandbox = await startWhatsApp({ phoneNumberId, accessToken, appSecret: 'unused' });
  onTestFinished(() => sandbox.stop());
  const { url } = sandbox;
  const api = openWhatsApp({ url, version: 'v23.0', phoneNumberId, accessToken: token, timeoutMs: 500 });
  const channel = whatsAppChannel(api, templateContracts);
  const send = (given: Given = {}) => {
    const { to = PHONE, text = 'Taller Norte\n49,90 €', template = 'payment-failed', locale = 'es', signal } = given;
    return channel.send({ notificationId: randomUUID(), to, template, content: { locale, text }, signal });
  };
  return { sandbox, send };
}

describeChannel('WhatsApp', async () => {
  const { sandbox, send } = await world();
  return {
    send: (signal) => send({ signal }),
    fail: (failure) => void (sandbox.fail = failure),
    accepted: () => sandbox.accepted.length,
    stop: () => sandbox.stop(),
    secrets: [PHONE.slice(1), accessToken],
  };
});

test('a template that was approved goes out in the reader’s language, with its parameters in order', async () => {
  const { sandbox, send } = await world();
  await send();
  await send({ locale: 'en' });
  const message = { to: '5215512345678', template: 'payment_failed', parameters: ['Taller Norte', '49,90 €'] };
  expect(sandbox.accepted).toMatchObject([{ ...message, language: 'es_MX' }, { ...message, language: 'en' }]);
});

test.each([
  ['131026', { outcome: 'rejected', reason: 'whatsapp 400 131026' }],
  ['131047', { outcome: 'rejected', reason: 'whatsapp 400 131047' }],
  ['132001', { outcome: 'rejected', reason: 'whatsapp 404 132001' }],
  ['131000', { outcome: 'unavailable', reason: 'whatsapp 500 131000' }],
  ['131056', { outcome: 'deferred', reason: 'whatsapp 400 131056' }],
  ['130429', { outcome: 'limited', retryAfterMs: 60_000, reason: 'whatsapp 429 130429' }],
  ['131048', { outcome: 'limited', retryAfterMs: 60_000, reason: 'whatsapp 400 131048' }],
  ['131005', { outcome: 'unauthorized', reason: 'whatsapp 403 131005' }],
])('the error %s is told apart by its code', async (code, outcome) => {
  const { send } = await world();
  expect(await send({ to: `+52${code}` })).toEqual(outcome);
});

test('a token that ended is no message’s fault', async () => {
  const { send } = await world({ token: 'ended' });
  expect(await send()).toEqual({ outcome: 'unauthorized', reason: 'whatsapp 401 190' });
});

test.each([
  ['a line break in a variable', { text: 'Taller\nNorte\n49,90 €' }, '3 parameters instead of 2'],
  ['a template that was never approved', { template: 'ticket-created' }, 'the template is not approved in the language'],
  ['a language it was not approved in', { locale: 'fr' }, 'the template is not approved in the language'],
])('%s is refused before anything is sent', async (_title, given, reason) => {
  const { sandbox, send } = await world();
  expect(await send(given)).toEqual({ outcome: 'rejected', reason: `whatsapp: ${reason}` });
  expect(sandbox.accepted).toEqual([]);
});

test.each([
  ['Fuga     de agua', 'Fuga de agua'], ['Fuga\tde  \u00a0 agua', 'Fuga de agua'],
  ['*bold* _italic_ ~gone~ `code`', '∗bold∗ ˍitalicˍ ∼gone∼ ˋcodeˋ'], ['```all```', 'ˋˋˋallˋˋˋ'], ['(*bold*)', '(∗bold∗)'],
  ['user_name 2*3', 'user_name 2*3'], ['49,90\u00a0€', '49,90\u00a0€'], ['\u202eabc', 'abc'], ['\u202e', '—'], ['   ', '—'],
])('a parameter %j is sent as its reader is to see it', async (text, parameter) => {
  const { sandbox, send } = await world();
  expect(await send({ text: `${text}\n1` })).toMatchObject({ outcome: 'sent' });
  expect(sandbox.accepted[0]?.parameters).toEqual([parameter, '1']);
});

test('every template that leaves by WhatsApp says what was approved there, and no other does', () => {
  for (const { name, channels, whatsapp } of templateContracts) {
    expect([name, channels.includes('whatsapp')]).toEqual([name, whatsapp !== undefined]);
  }
});
