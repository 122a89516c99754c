import { cure, plantPoison } from '../chaos/poison.ts';
import { until } from '../until.ts';
import { post } from './actor.ts';
import type { Stage } from './follow.ts';
import type { Person } from './people.ts';

const DEADLINE = { deadlineMs: 60_000 };
const DAY_MS = 86_400_000;

export interface Troubled {
  readonly operatorToken: string;
  readonly customerToken: string;
  readonly customer: Person;
  readonly owner: Person;
  readonly tenantId: string;
}

/** Lets things fail and recover, so that the backoffice has holds, unknown ends, dead letters and a replay to look at. */
export async function letThingsFail(stage: Stage, troubled: Troubled): Promise<void> {
  stage.print('\nNow things fail, and recover:');
  await fillTheDisk(stage, troubled);
  await loseAnAnswer(stage, troubled);
  await poison(stage, troubled);
  await replay(stage, troubled.operatorToken);
}

async function openTicket(stage: Stage, { customerToken, tenantId, customer }: Troubled, subject: string): Promise<void> {
  const body = { tenantId, subject, description: 'It happened while something was wrong.', contact: customer.contact };
  await post(stage, { token: customerToken, path: '/tickets', body });
}

/** Counts the mails about a ticket by a condition on their notification `n`. */
const mailsOf = async ({ sql }: Stage, subject: string, status: string): Promise<number> => {
  const [row] = await sql<[{ count: number }]>`
    select count(*)::integer as count from notification where channel = 'email' and payload ->> 'subject' = ${subject} and status = ${status}
  `;
  return row.count;
};

async function attemptsOf({ sql }: Stage, subject: string, outcome: string): Promise<number> {
  const [row] = await sql<[{ count: number }]>`
    select count(distinct id)::integer as count
    from notification join notification_attempt on notification_id = id
    where payload ->> 'subject' = ${subject} and outcome = ${outcome}
  `;
  return row.count;
}

async function fillTheDisk(stage: Stage, troubled: Troubled): Promise<void> {
  const subject = 'The fan rattles';
  stage.mailbox.fail = { at: 'MAIL FROM', reply: '452 4.3.1 Insufficient system storage' };
  await openTicket(stage, troubled, subject);
  await until('a mail has met the full disk', async () => (await attemptsOf(stage, subject, 'unavailable')) > 0, DEADLINE);
  stage.mailbox.fail = undefined;
  await until('the mails are sent', async () => (await mailsOf(stage, subject, 'sent')) === 2, DEADLINE);
  stage.print('  the mail server’s disk was full: the channel was held, no attempt was spent, and both mails left afterwards');
}

async function loseAnAnswer(stage: Stage, troubled: Troubled): Promise<void> {
  const subject = 'The remote control is lost';
  stage.mailbox.fail = 'drop-after-data';
  await openTicket(stage, troubled, subject);
  await until('the answers are lost', async () => (await attemptsOf(stage, subject, 'unknown')) === 2, DEADLINE);
  stage.mailbox.fail = 'reject-5xx';
  await until('nobody knows their end', async () => (await mailsOf(stage, subject, 'unknown')) === 2, DEADLINE);
  stage.mailbox.fail = undefined;
  stage.print('  a connection broke after a mail, and the next try was refused: whether it arrived is unknown, and an operator decides');
}

async function poison(stage: Stage, { operatorToken, tenantId, owner }: Troubled): Promise<void> {
  const { sql } = stage;
  const planted = await plantPoison(sql, { count: 1, tenantId, ownerUserId: owner.userId });
  const dead = async () => (await sql`select from dead_letter where resolution is null`).length;
  const deadForGood = planted.deadly.length;
  await until('unreadable events are dead', async () => (await dead()) > deadForGood, DEADLINE);
  await until('all of them are', async () => (await dead()) === deadForGood + 2 * planted.curable.length, DEADLINE);
  await cure(sql, planted);
  await post(stage, { token: operatorToken, path: '/backoffice/events/retry', body: { eventIds: planted.curable } });
  await until('the repaired ones are consumed', async () => (await dead()) === deadForGood, DEADLINE);
  stage.print(`  events that nobody could read became dead letters; half were repaired and retried, ${deadForGood} wait for an operator`);
}

/** Asks for a replay as the backoffice's form does, and confirms its trial. */
async function replay({ apiUrl, sql, print }: Stage, token: string): Promise<void> {
  async function send(path: string, fields: Readonly<Record<string, string>>): Promise<string> {
    const headers = { Cookie: `columna_session=${token}`, Origin: apiUrl };
    const body = new URLSearchParams({ key: crypto.randomUUID(), ...fields });
    const answer = await fetch(`${apiUrl}/backoffice/ui${path}`, { method: 'POST', headers, body, redirect: 'manual' });
    if (answer.status !== 303) throw new Error(`${path} was answered ${answer.status}`);
    return new URL(answer.headers.get('location') ?? '', apiUrl).pathname.split('/').at(-1) ?? '';
  }
  const field = (at: number) => new Date(at).toISOString().slice(0, 19);
  const id = await send('/replays', {
    consumer: 'calculate-commissions', reason: 'A commission is missing.',
    from: field(Math.floor(Date.now() / DAY_MS) * DAY_MS), to: field(Date.now() - 1_000),
  });
  const is = (state: string) => async () => (await sql`select from replay where id = ${id} and state = ${state}`).length === 1;
  await until('the replay was tried out', is('tried'), DEADLINE);
  await send(`/replays/${id}/confirm`, { reason: 'The trial is right.' });
  await until('the replay is done', is('done'), DEADLINE);
  print('  the day’s commissions were calculated again in a replay: nothing was missing, nothing came twice');
}
