import { describe, expect, onTestFinished, test } from 'vitest';
import { startMailPolicy } from '../../../dev/sandbox/mail-policy.ts';
import { hasPostfix, startPostfix } from '../../../dev/services/postfix.ts';
import { emailChannel } from '../../../src/notifications/channels/email.ts';
import { openMail } from '../../../src/platform/smtp.ts';
import { deliverEmail } from '../../../src/workers/deliver-email.ts';
import { notify } from '../../../src/workers/notify.ts';
import { openNotifying, ticketOpened } from '../../support/notifying.ts';
import { until } from '../../support/until.ts';

/** A Postfix whose replies a policy decides, and our consumers before it; `open` makes a mail to a customer. */
async function mailWorld(settings: Readonly<Record<string, string>> = {}) {
  const policy = await startMailPolicy();
  const postfix = await startPostfix({
    smtpd_recipient_restrictions: `reject_unauth_destination, check_policy_service ${policy.address}`,
    smtpd_end_of_data_restrictions: `check_policy_service ${policy.address}`,
    ...settings,
  });
  const mail = openMail({ url: postfix.smtpUrl });
  onTestFinished(async () => {
    mail.close();
    policy.stop();
    await postfix.stop();
  });
  const channels = { email: emailChannel(mail, 'TechMarket AI <no-reply@techmarket.example>') };
  const world = await openNotifying([deliverEmail, notify], {}, { channels });
  const tenant = await world.tenant({ ownerUserId: await world.person() });
  const { sql } = world;
  return {
    ...world, policy, postfix,
    /** Opens tickets of so many customers; each makes two mails. */
    async open(count: number) {
      const customers = await Promise.all(Array.from({ length: count }, () => world.person()));
      await world.commit(...customers.map((customerUserId) => ticketOpened(tenant, { customerUserId })));
    },
    statuses: async () => {
      const rows = await sql`select status, count(*)::integer as count from notification where channel = 'email' group by 1`;
      return Object.fromEntries(rows.map(({ status, count }) => [String(status), Number(count)]));
    },
    outcomes: async () => {
      const rows = await sql`select distinct outcome, detail from notification_attempt where outcome <> 'sending' order by 1, 2`;
      return rows.map(({ outcome, detail }) => [outcome, detail].filter(Boolean).join(' '));
    },
    /** Lets the time pass for which deliveries wait. */
    pass: () => sql`update waiting_delivery set not_before = now()`,
    /** Waits until so many have been put off, and nothing is under way. */
    untilPutOff: (count: number) => until('they wait', async () => {
      await world.relayOnce();
      const [row] = await sql<[{ waiting: number }]>`select count(*)::integer as waiting from waiting_delivery where consumer_name = 'deliver-email' and reason = 'parked'`;
      return row.waiting === count;
    }),
  };
}

describe.skipIf(!hasPostfix())('with Postfix', { timeout: 60_000 }, () => {
  test('greylisting puts each mail off once, and it is sent at the first try after the wait', async () => {
    const { policy, postfix, open, start, settle, statuses, outcomes, pass, untilPutOff, failures } = await mailWorld();
    const seen = new Set<string>();
    policy.decide = ({ protocol_state: state, recipient = '' }) => {
      if (state !== 'RCPT' || seen.has(recipient)) return 'DUNNO';
      seen.add(recipient);
      return '450 4.7.1 Greylisted, come back in 300 seconds';
    };
    await open(1);
    start();
    await untilPutOff(2);
    expect(await statuses()).toEqual({ queued: 2 });
    await pass();
    await settle();
    expect(await statuses()).toEqual({ sent: 2 });
    expect(await outcomes()).toEqual(['deferred smtp 450 4.7.1 EENVELOPE at RCPT TO', 'sent']);
    expect(postfix.accepted()).toHaveLength(2);
    expect(await failures()).toEqual([]);
  });

  test('a limit of mails per time holds the channel, and all are sent once', async () => {
    const { postfix, open, start, settle, statuses, outcomes, failures } = await mailWorld({
      smtpd_client_message_rate_limit: '5', anvil_rate_time_unit: '2s',
    });
    await open(6);
    start();
    await until('all are sent', async () => {
      await settle().catch(() => undefined);
      return (await statuses())['sent'] === 12;
    }, { deadlineMs: 45_000 });
    expect((await outcomes()).filter((outcome) => !outcome.startsWith('limited ') && outcome !== 'sent')).toEqual([]);
    expect(postfix.accepted()).toHaveLength(12);
    expect(await failures()).toEqual([]);
  });

  test.for([
    { title: 'a full disk', settings: { queue_minfree: '9000000000000000' }, outcome: /^unavailable smtp 452 4\.3\.1 / },
    {
      title: 'a sender that is not verified', outcome: /^unauthorized smtp 550 5\.7\.1 .*MAIL FROM/,
      settings: { smtpd_delay_reject: 'no', smtpd_sender_restrictions: 'check_sender_access static:{550 5.7.1 Sender domain not verified}' },
    },
  ])('$title holds the channel, spends nothing, and all is sent when it is over', async ({ settings, outcome }) => {
    const { postfix, open, start, settle, statuses, outcomes, failures, registry, relayOnce } = await mailWorld();
    postfix.set(settings);
    await open(3);
    start();
    await until('the channel is held', async () => {
      await relayOnce();
      return (await registry.metrics()).includes('consumer_held{consumer="deliver-email"} 1');
    });
    postfix.set({});
    await until('all are sent', async () => {
      await settle().catch(() => undefined);
      return (await statuses())['sent'] === 6;
    }, { deadlineMs: 30_000 });
    expect((await outcomes()).filter((one) => one !== 'sent').every((one) => outcome.test(one))).toBe(true);
    expect(await outcomes()).not.toEqual(['sent']);
    expect(postfix.accepted()).toHaveLength(6);
    expect(await failures()).toEqual([]);
  });

  test('a scanner that is busy after the message refuses it, and it is sent once; a slow one only takes its time', async () => {
    const { policy, postfix, open, start, settle, statuses, outcomes, pass, untilPutOff } = await mailWorld();
    policy.decide = ({ protocol_state: state }) => (state === 'END-OF-MESSAGE' ? '451 4.7.1 The scanner is busy' : 'DUNNO');
    await open(1);
    start();
    await untilPutOff(2);
    policy.decide = async ({ protocol_state: state }) => {
      if (state === 'END-OF-MESSAGE') await new Promise((resolve) => setTimeout(resolve, 1_500));
      return 'DUNNO';
    };
    await pass();
    await settle();
    expect(await statuses()).toEqual({ sent: 2 });
    expect(await outcomes()).toEqual(['deferred smtp 451 4.7.1 EMESSAGE at DATA', 'sent']);
    expect(postfix.accepted()).toHaveLength(2);
  });
});
