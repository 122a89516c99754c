import { once } from 'node:events';
import { createServer } from 'node:net';
import type { AddressInfo, Socket } from 'node:net';
import { simpleParser } from 'mailparser';
import { SMTPServer } from 'smtp-server';
import type { SMTPServerOptions } from 'smtp-server';
import { describe, expect, onTestFinished, test } from 'vitest';
import { freePort } from '../../../dev/free-port.ts';
import { type MailFailure, startMailbox } from '../../../dev/sandbox/mailbox.ts';
import { emailChannel, sendEmail } from '../../../src/notifications/channels/email.ts';
import type { Email } from '../../../src/notifications/channels/email.ts';
import { makeCapacity } from '../../../src/platform/capacity.ts';
import { openMail } from '../../../src/platform/smtp.ts';
import type { Mail } from '../../../src/platform/smtp.ts';
import { until } from '../../support/until.ts';
import { describeChannel } from './conformance.ts';

const EMAIL: Email = {
  notificationId: '0196f3a2-0000-7000-8000-000000000001',
  to: 'nora@reader.example',
  from: 'TechMarket AI <notices@columna.example>',
  subject: 'Nuevo ticket: «La caldera» 👩‍👩‍👧',
  text: 'Hola, Nora:\n.\nAdiós',
  html: '<p>Hola, Nora</p>',
};

function openTo(port: number): Mail {
  const mail = openMail({
    url: `smtp://127.0.0.1:${port}`, connectionTimeoutMs: 300, greetingTimeoutMs: 300, socketTimeoutMs: 300,
  });
  onTestFinished(() => mail.close());
  return mail;
}

/** A real server; `onData` and the rest decide what it answers. */
async function smtpServer(options: SMTPServerOptions): Promise<Mail> {
  const plain = { authOptional: true, disabledCommands: ['STARTTLS', 'AUTH'], closeTimeout: 100 };
  const server = new SMTPServer({ ...plain, ...options });
  server.on('error', () => undefined);
  server.listen(0, '127.0.0.1');
  await once(server.server, 'listening');
  onTestFinished(() => new Promise<void>((closed) => server.close(() => closed())));
  return openTo((server.server.address() as AddressInfo).port);
}

/** A server that says `answers`, one for each command or message, then does what `then` says; on each connection. */
async function scriptedServer(
  answers: readonly string[],
  then: (socket: Socket) => void = () => undefined,
): Promise<Mail> {
  const server = createServer((socket) => {
    const left = [...answers];
    let [received, end] = ['', '\r\n'];
    const answer = () => {
      const line = left.shift();
      end = line?.startsWith('354') ? '\r\n.\r\n' : '\r\n';
      if (line === undefined) then(socket);
      else socket.write(`${line}\r\n`);
    };
    socket.on('error', () => undefined);
    socket.on('data', (chunk) => {
      received += chunk.toString();
      if (!received.endsWith(end)) return;
      received = '';
      answer();
    });
    answer();
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  onTestFinished(() => void server.close());
  return openTo((server.address() as AddressInfo).port);
}

const refusal = (responseCode: number, message = `5.1.1 <${EMAIL.to}> is not here`) =>
  Object.assign(new Error(message), { responseCode });
const drop = (socket: Socket) => void socket.destroy();
const TO_DATA = ['220 hello', '250 hello', '250 sender ok', '250 recipient ok', '354 go ahead'];

const mailFailures: Readonly<Record<string, MailFailure>> = {
  refuse: 'reject-5xx', later: 'reject-4xx', drop: 'drop-after-data', malformed: 'malformed', silent: 'silent',
  account: { at: 'MAIL FROM', reply: '550 5.7.1 Sender domain not verified' },
  limit: { at: 'MAIL FROM', reply: '450 4.7.1 Error: too much mail' },
  defer: { at: 'RCPT TO', reply: '450 4.7.1 Greylisted' },
};

describeChannel('mail', async () => {
  const mailbox = await startMailbox();
  const channel = emailChannel(openTo(Number(new URL(mailbox.smtpUrl).port)), EMAIL.from);
  const { notificationId, to, subject, text, html } = EMAIL;
  const content = { locale: 'es', subject, text, html };
  return {
    send: (signal) => channel.send({ notificationId, to, template: 'ticket-created', content, signal }),
    fail: (failure) => {
      mailbox.fail = failure === undefined ? undefined : mailFailures[String(failure)];
    },
    accepted: () => mailbox.messages.length,
    stop: () => mailbox.stop(),
    secrets: [to],
  };
}, { hasNoPause: true });

describe('what became of an attempt', () => {
  const cases: readonly [title: string, server: () => Promise<Mail> | Mail, expected: object][] = [
    ['an address refused for good',
      () => smtpServer({ onRcptTo: (_address, _session, done) => done(refusal(550)) }),
      { outcome: 'rejected', reason: 'smtp 550 5.1.1 EENVELOPE at RCPT TO' }],
    ['an address refused for now',
      () => smtpServer({ onRcptTo: (_address, _session, done) => done(refusal(450, '4.2.1 later')) }),
      { outcome: 'deferred', reason: 'smtp 450 4.2.1 EENVELOPE at RCPT TO' }],
    ['a sender refused', () => smtpServer({ onMailFrom: (_address, _session, done) => done(refusal(553)) }),
      { outcome: 'unauthorized' }],
    ['a server that wants us to sign in', () => smtpServer({ authOptional: false, disabledCommands: ['STARTTLS'] }),
      { outcome: 'unauthorized', reason: expect.stringMatching(/^smtp 530 .*at MAIL FROM$/) as string }],
    ['a server that puts the sender off', () => smtpServer({ onMailFrom: (_address, _session, done) => done(refusal(452, '4.3.1 full')) }),
      { outcome: 'unavailable', reason: 'smtp 452 4.3.1 EENVELOPE at MAIL FROM' }],
    ['a message refused for good after it was read',
      () => smtpServer({ onData: (stream, _session, done) => stream.resume().on('end', () => done(refusal(554))) }),
      { outcome: 'rejected', reason: 'smtp 554 5.1.1 EMESSAGE at DATA' }],
    ['a message refused for now after it was read',
      () => smtpServer({ onData: (stream, _session, done) => stream.resume().on('end', () => done(refusal(451, '4.3.0 queue file write error'))) }),
      { outcome: 'unavailable', reason: 'smtp 451 4.3.0 EMESSAGE at DATA' }],
    ['a server that closes down after it read the message', () => scriptedServer([...TO_DATA, '421 closing']),
      { outcome: 'unavailable' }],
    ['nobody at the port', async () => openTo(await freePort()),
      { outcome: 'unreachable', reason: 'smtp ESOCKET ECONNREFUSED at CONN' }],
    ['no greeting', () => scriptedServer([]), { outcome: 'unreachable' }],
    ['a connection closed instead of a greeting', () => scriptedServer([], drop), { outcome: 'unreachable' }],
    ['a greeting that refuses us', () => scriptedServer(['554 go away']), { outcome: 'unauthorized' }],
    ['a server that closes down before the message', () => scriptedServer(['220 hello', '250 hello', '421 closing']),
      { outcome: 'unavailable' }],
    ['silence after RCPT TO', () => scriptedServer(TO_DATA.slice(0, 3)), { outcome: 'unreachable' }],
    ['a connection lost after RCPT TO', () => scriptedServer(TO_DATA.slice(0, 4), drop), { outcome: 'unreachable' }],
    ['a connection lost after the message', () => scriptedServer(TO_DATA, drop), { outcome: 'unknown' }],
    ['silence after the message', () => scriptedServer(TO_DATA),
      { outcome: 'unknown', reason: 'smtp ETIMEDOUT SOCKET_TIMEOUT at CONN' }],
    ['an answer too many after the message', () => scriptedServer([...TO_DATA, '250 ok\r\n250 what else'], drop),
      { outcome: 'sent' }],
  ];
  test.each(cases)('%s', async (_title, server, expected) => {
    const outcome = await sendEmail(await server(), EMAIL);
    expect(outcome).toMatchObject(expected);
    expect(JSON.stringify(outcome)).not.toContain(EMAIL.to);
  });
});

test('a message whose answer was lost is not sent a second time by the pool', async () => {
  let lost = 0;
  const mail = await scriptedServer([...TO_DATA, '250 taken', ...TO_DATA.slice(2)], (socket) => {
    lost += 1;
    socket.destroy();
  });
  for (const expected of ['sent', 'unknown', 'sent', 'unknown']) {
    expect((await sendEmail(mail, EMAIL)).outcome).toBe(expected);
  }
  expect(lost).toBe(2);
});

test('an idle connection that the server closed costs no attempt', async () => {
  let closed = 0;
  const mail = await scriptedServer([...TO_DATA, '250 taken'], (socket) => {
    closed += 1; // at the next message's first command
    socket.destroy();
  });
  for (let n = 0; n < 3; n += 1) expect((await sendEmail(mail, EMAIL)).outcome).toBe('sent');
  expect(closed).toBe(2);
});

test('a message that waits for a connection has its whole time once it has one, or is given back', async () => {
  const held: (() => void)[] = [];
  const server = new SMTPServer({
    authOptional: true, disabledCommands: ['STARTTLS', 'AUTH'], closeTimeout: 100,
    onData: (stream, _session, done) => void stream.resume().on('end', () => held.push(done)),
  });
  server.listen(0, '127.0.0.1');
  await once(server.server, 'listening');
  onTestFinished(() => new Promise<void>((closed) => server.close(() => closed())));
  const url = `smtp://127.0.0.1:${(server.server.address() as AddressInfo).port}`;
  const open = (waitMs: number) => {
    const mail = openMail({ url, connections: 1, attemptTimeoutMs: 700, waitMs });
    onTestFinished(() => mail.close());
    return mail;
  };
  const [patient, hasty] = [open(10_000), open(50)];
  const both = [sendEmail(patient, EMAIL), sendEmail(patient, EMAIL)];
  expect(await both[0]).toEqual({ outcome: 'unknown', reason: expect.stringContaining('EABORT') as string });
  await until('the second message is there', () => held.length === 2);
  held[1]?.();
  expect(await both[1]).toMatchObject({ outcome: 'sent' });
  const busy = sendEmail(hasty, EMAIL);
  expect(await sendEmail(hasty, EMAIL)).toEqual({ outcome: 'unreachable', reason: 'smtp EPOOL' });
  await until('the third message is there', () => held.length === 3);
  held[2]?.();
  expect(await busy).toMatchObject({ outcome: 'sent' });
});

/** Lines that an encoding or SMTP itself may change: dots, equals signs, spaces at an end, long lines of each width. */
const ODD = ['.', '..', '=3D', 'a = b ', '\tñ', 'x'.repeat(200), 'ñ'.repeat(90), '👩‍👩‍👧'.repeat(20), 'Adiós'].join('\n');

test('the server gets the message as it was written, recognisable by the notification', async () => {
  const received = Promise.withResolvers<Awaited<ReturnType<typeof simpleParser>>>();
  const mail = await smtpServer({
    onData: (stream, _session, done) => {
      simpleParser(stream).then(received.resolve, received.reject).then(() => done());
    },
  });
  const email = { ...EMAIL, text: `Hola:\n${ODD}`, html: `<pre>${ODD}</pre>` };
  const outcome = await sendEmail(mail, { ...email, listUnsubscribeUrl: 'https://columna.example/off?t=1' });
  const message = await received.promise;
  const messageId = `<${EMAIL.notificationId}@columna.example>`;
  expect(outcome).toEqual({ outcome: 'sent', providerId: messageId });
  expect(message).toMatchObject({ messageId, subject: email.subject, html: email.html });
  expect(message.text?.trimEnd()).toBe(email.text);
  expect(message.headers.get('x-notification-id')).toBe(EMAIL.notificationId);
  expect(message.headers.get('auto-submitted')).toBe('auto-generated');
  expect(JSON.stringify(message.headers.get('list'))).toContain('https://columna.example/off?t=1');
  expect(message.to).toMatchObject({ text: EMAIL.to });
});

test('an aborted attempt says whether the message had left', async () => {
  const arrived = Promise.withResolvers<void>();
  const mail = await smtpServer({ onData: (stream) => void stream.resume().on('end', () => arrived.resolve()) });
  const abort = new AbortController();
  const sending = sendEmail(mail, { ...EMAIL, signal: abort.signal });
  await arrived.promise;
  abort.abort();
  expect(await sending).toMatchObject({ outcome: 'unknown' });
  expect(await sendEmail(mail, { ...EMAIL, signal: abort.signal })).toMatchObject({ outcome: 'unreachable' });
});

test.each([
  ['to', 'a@b.example\r\nBcc: x@y.example'],
  ['to', 'a@b.example, x@y.example'],
  ['to', '"a@evil x"@good.example'],
  ['to', `${'a'.repeat(60)}@${'b'.repeat(300)}`],
  ['subject', 'hello\r\nBcc: x@y.example'],
  ['from', 'Name\r\nBcc: x@y.example <a@b.example>'],
  ['listUnsubscribeUrl', 'https://x.example\r\nBcc: x@y.example'],
])('a line break or a second address in "%s" is refused before anything is sent: %j', async (field, value) => {
  const send: Mail['send'] = () => Promise.reject(new Error('nothing may be sent'));
  const mail: Mail = { capacity: makeCapacity(() => 1), send, verify: () => Promise.resolve(), close: () => undefined };
  const outcome = await sendEmail(mail, { ...EMAIL, [field]: value });
  expect(outcome).toMatchObject({ outcome: 'rejected' });
});
