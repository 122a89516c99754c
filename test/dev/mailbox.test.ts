import { expect, onTestFinished, test } from 'vitest';
import { startMailbox } from '../../dev/sandbox/mailbox.ts';
import { openMail } from '../../src/platform/smtp.ts';

/** A mail server, and one who writes to it and does not wait for long. */
async function open() {
  const mailbox = await startMailbox();
  const mail = openMail({ url: mailbox.smtpUrl, socketTimeoutMs: 300 });
  onTestFinished(async () => {
    mail.close();
    await mailbox.stop();
  });
  const message = { from: 'us@techmarket.example', to: 'you@techmarket.example', subject: 'Hola', text: 'Hola' };
  const send = () => mail.send(message).then(() => 'sent', ({ handedOver }: { handedOver: boolean }) => handedOver);
  return { mailbox, send };
}

test('a mail whose answer is held is accepted, and its sender never hears of it', async () => {
  const { mailbox, send } = await open();
  mailbox.fail = 'hold';
  expect(await send()).toBe(true);
  expect(mailbox.messages).toHaveLength(1);
  expect(mailbox.failed).toBe(1);
});

test('a mail server that is down takes nothing, and answers at the same address once it is up again', async () => {
  const { mailbox, send } = await open();
  expect(await send()).toBe('sent');
  await mailbox.down();
  expect(await send()).toBe(false);
  await mailbox.up();
  expect(await send()).toBe('sent');
  expect(mailbox.messages).toHaveLength(2);
  expect(mailbox.failed).toBe(0);
});
