import { setTimeout as sleep } from 'node:timers/promises';
import { foreignCertificate, sandboxCertificate } from '../sandbox/certificates.ts';
import type { MailFailure } from '../sandbox/mailbox.ts';
import type { ProviderFailure } from '../sandbox/http-provider.ts';
import { openUnanswered } from '../sandbox/unanswered.ts';
import { until } from '../until.ts';
import type { RequestMoment } from './failpoint.ts';
import { type Fault, type Given, killAt, STRIKE_DEADLINE_MS, workers } from './faults.ts';
import { reportInDisorder } from './report-in-disorder.ts';
import { channelsOf, type World } from './world.ts';

/** What a campaign does with a sandbox, whichever it is. */
interface Provider<Failure> {
  fail: Failure | undefined;
  readonly failed: number;
  down(): Promise<void>;
  up(): Promise<void>;
}

const LASTS_MS = 2_000;
const DOWN_MS = 3_000;
const OUTAGE_MS = 300_000; // longer than the longest pause between two trials
const FEW = 2;

const mailFailures: Readonly<Record<string, MailFailure>> = {
  '4xx': 'reject-4xx', full: { at: 'MAIL FROM', reply: '452 4.3.1 Insufficient system storage' },
  throttles: { at: 'MAIL FROM', reply: '450 4.7.1 Error: too much mail' },
  greylists: { at: 'RCPT TO', reply: '450 4.7.1 Greylisting in action' },
  'refuses-us': { at: 'MAIL FROM', reply: '550 5.7.1 Sender domain not verified' },
  refuses: 'reject-5xx', malformed: 'malformed', drops: 'drop-after-data', silent: 'silent',
};
const httpFailures: Readonly<Record<string, ProviderFailure>> = {
  429: 'limit', '5xx': 'later', gateway: { status: 502, body: '<html>' }, throttles: 'defer',
  'refuses-us': 'account', refuses: 'refuse', malformed: 'malformed', drops: 'drop', silent: 'silent',
};

/** What concerns everybody who sends by a provider, of each kind of answer. */
const outages: Readonly<Record<string, { readonly mail: MailFailure; readonly http: ProviderFailure }>> = {
  '4xx': { mail: { at: 'MAIL FROM', reply: '451 4.3.0 Temporary server error' }, http: 'limit' },
  '5xx': { mail: { at: 'MAIL FROM', reply: '554 5.3.0 The mail system is out of order' }, http: 'later' },
};

const smtp = ({ mailbox }: World) => mailbox;
const overHttp = {
  fcm: (world: World) => channelsOf(world).fcm,
  'web-push': (world: World) => channelsOf(world).webPush,
  whatsapp: (world: World) => channelsOf(world).whatsApp,
};

/** What providers do to us, and what happens to us while we talk to them. */
export const providerFaults: readonly Fault[] = Object.freeze(
  [
    ...failing('smtp', smtp, mailFailures),
    ...Object.entries(overHttp).flatMap(([name, of]) => [...failing(name, of, httpFailures), ...killing(name, of)]),
    ...['fcm', 'whatsapp'].map((name): Fault => ({
      name: `${name}-foreign-root`, strike: (world, given) => showForeignRoot(world, { name, ...given }),
    })),
    ...Object.keys(outages).map((kind): Fault => ({
      name: `everybody-${kind}-for-five-minutes`, strike: (world, given) => failEverywhere(world, { kind, ...given }),
    })),
    deadPath('smtp', smtp, ({ mailbox }) => mailbox.smtpUrl),
    deadPath('fcm', overHttp.fcm, (world) => overHttp.fcm(world).url),
    { name: 'kill-workers-inside-smtp-call', strike: killWhile('silent') },
    { name: 'kill-workers-after-smtp-accepted', strike: killWhile('hold') },
    killAt('kill-worker-after-smtp-answer', 'mail.accepted'),
    { name: 'whatsapp-reports-in-disorder', strike: reportInDisorder },
  ].map((fault): Fault => ({ ...fault, channels: true, spendsAttempts: true })),
);

/** Each failure as a fault of its own, and the one that nobody is there. */
function failing<Failure>(
  name: string,
  of: (world: World) => Provider<Failure>,
  failures: Readonly<Record<string, Failure>>,
): Fault[] {
  const each = Object.entries(failures).map(([what, failure]): Fault => ({
    name: `${name}-${what}`,
    async strike(world, { tell }) {
      const provider = of(world);
      const before = provider.failed;
      provider.fail = failure;
      await sleep(what === 'silent' ? 0 : LASTS_MS); // who fell into silence waits long enough
      await met(provider, before + FEW).finally(() => void (provider.fail = undefined));
      tell(`${provider.failed - before} messages met it`);
    },
  }));
  return [...each, { name: `${name}-down`, strike: (world, given) => beDown(world, of(world), { name, ...given }) }];
}

/** All providers answer at once what concerns everybody; every channel waits, and tries again in between. */
async function failEverywhere(world: World, { kind, tell }: Pick<Given, 'tell'> & { readonly kind: string }): Promise<void> {
  const { mailbox } = world;
  const http = Object.values(overHttp).map((of) => of(world));
  const all = [mailbox, ...http].map((provider) => ({ provider, before: provider.failed }));
  mailbox.fail = outages[kind]?.mail;
  for (const provider of http) provider.fail = outages[kind]?.http;
  try {
    await sleep(OUTAGE_MS);
    for (const { provider, before } of all) await met(provider, before + FEW);
  } finally {
    for (const { provider } of all) provider.fail = undefined;
  }
  tell(`${all.map(({ provider, before }) => provider.failed - before).join(', ')} messages met it`);
}

const met = (provider: { readonly failed: number }, count: number) =>
  until(`${count} messages met it`, () => provider.failed >= count, { deadlineMs: STRIKE_DEADLINE_MS });

async function beDown<Failure>(world: World, provider: Provider<Failure>, { name, tell }: Named): Promise<void> {
  const countUnreached = await startCountOfUnreached(world, name);
  await provider.down();
  try {
    await sleep(DOWN_MS);
    await until('an attempt finds nobody there', async () => (await countUnreached()) > 0, { deadlineMs: STRIKE_DEADLINE_MS });
  } finally {
    await provider.up();
  }
  tell(`${await countUnreached()} attempts found nobody there`);
}

/** Makes the fault that connecting is neither refused nor answered, until attempts have ended by it. */
function deadPath<Failure>(name: string, of: (world: World) => Provider<Failure>, urlOf: (world: World) => string): Fault {
  return {
    name: `${name}-dead-path`,
    async strike(world, { tell }) {
      const [provider, countUnreached] = [of(world), await startCountOfUnreached(world, name, 'time')];
      await provider.down();
      const unanswered = await openUnanswered(Number(new URL(urlOf(world)).port));
      try {
        await until('an attempt gets no connection', async () => (await countUnreached()) > 0, { deadlineMs: STRIKE_DEADLINE_MS });
      } finally {
        await unanswered.close();
        await provider.up();
      }
      tell(`${await countUnreached()} attempts got no connection`);
    },
  };
}

/** Something in between shows a certificate whose root nobody trusts. */
async function showForeignRoot(world: World, { name, tell }: Named): Promise<void> {
  const provider = overHttp[name as keyof typeof overHttp](world);
  const countUnreached = await startCountOfUnreached(world, name);
  provider.present(foreignCertificate);
  try {
    await sleep(LASTS_MS);
    await until('an attempt trusts nobody', async () => (await countUnreached()) > 0, { deadlineMs: STRIKE_DEADLINE_MS });
  } finally {
    provider.present(sandboxCertificate);
  }
  tell(`${await countUnreached()} attempts trusted nobody`);
}

type Named = Pick<Given, 'tell'> & { readonly name: string };

/** Counts the attempts at a provider that find nobody there from now on, for a reason that holds a word. */
async function startCountOfUnreached({ sql }: World, name: string, reason = ''): Promise<() => Promise<number>> {
  const [begun] = await sql<{ at: string }[]>`select clock_timestamp()::text as at`;
  return async () => {
    const [row] = await sql<{ attempts: number }[]>`
      select count(*)::integer as attempts from notification_attempt
      where at >= ${begun?.at ?? ''}::timestamptz and outcome = 'unreachable' and detail like ${`${name.replace('-', ' ')} %`}
        and detail ~* ${reason}
    `;
    return row?.attempts ?? 0;
  };
}

/** A worker dies as it is about to send the request, has just sent it, or gets the answer. */
function killing(name: string, of: (world: World) => { readonly url: string }): Fault[] {
  const moments: Readonly<Record<string, RequestMoment>> = {
    [`kill-worker-before-${name}-call`]: 'undici:request:create',
    [`kill-worker-inside-${name}-call`]: 'undici:request:bodySent',
    [`kill-worker-after-${name}-answer`]: 'undici:request:headers',
  };
  const originOf = (world: World) => of(world).url;
  return Object.entries(moments).map(([fault, moment]) => killAt(fault, moment, { originOf }));
}

/** The workers die while the mail server has a message of one of them and does not answer. */
function killWhile(failure: MailFailure): Fault['strike'] {
  return async ({ mailbox, formation }, { tell }) => {
    const before = mailbox.failed;
    mailbox.fail = failure;
    await met(mailbox, before + 1).finally(() => void (mailbox.fail = undefined));
    const alive = formation.processes.filter(({ name, pid }) => workers.includes(name) && pid !== undefined);
    for (const { name } of alive) formation.kill(name, 'SIGKILL');
    tell(`${mailbox.failed - before} messages met it`);
  };
}
