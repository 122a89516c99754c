import { randomUUID } from 'node:crypto';
import { beforeEach, describe, expect, test } from 'vitest';
import type { Accepted } from '../../dev/chaos/accepted.ts';
import { checkProviders } from '../../dev/chaos/check-providers.ts';
import type { Sql } from '../../src/platform/postgres.ts';
import { createDatabase } from '../support/database.ts';

type Channel = Accepted['channel'];
type Steps = readonly (readonly [step: string, atMs: number])[];

interface History {
  readonly channel?: Channel;
  readonly status: string;
  /** `<attempt> <outcome>` and when. */
  readonly steps: Steps;
  /** When an address took it. */
  readonly taken?: readonly (readonly [address: string, atMs: number])[];
  readonly reported?: readonly string[];
  readonly dueInAnHour?: boolean;
}

const once: Steps = [['1 sending', 10], ['1 sent', 30]];
const twice: Steps = [['1 sending', 10], ['1 unknown', 30], ['2 sending', 40], ['2 sent', 60]];
const refused: Steps = [['1 sending', 10], ['1 rejected', 20]];
const died: Steps = [['1 sending', 10]];

let sql: Sql;
beforeEach(async () => {
  ({ sql } = await createDatabase());
});

/** What the checker says of one notification: the invariants that do not hold. */
async function wrongIn(history: History): Promise<readonly string[]> {
  const { channel = 'email', taken = [] } = history;
  const notificationId = await write(channel, history);
  const accepted = taken.map(([address, atMs]) => ({ channel, notificationId, address, atMs }));
  const findings = await checkProviders({ sql, accepted });
  return findings.filter(({ wrong }) => wrong > 0).map(({ invariant }) => invariant.slice('9 '.length));
}

async function write(channel: Channel, { status, steps, reported = [], dueInAnHour }: History): Promise<string> {
  const id = randomUUID();
  const [attempts, isSending] = [steps.filter(([step]) => step.endsWith('sending')).length, status === 'sending'];
  await sql`
    insert into notification (
      id, event_id, user_id, channel, template, template_version, locale, payload, status, attempts, sending_until, due_at
    ) values (
      ${id}, ${randomUUID()}, ${randomUUID()}, ${channel}, 'ticket-created', 1, 'es', '{}', ${status}, ${attempts},
      ${isSending ? new Date() : null}, ${dueInAnHour ? new Date(Date.now() + 3_600_000) : null}
    )
  `;
  for (const [step, atMs] of steps) {
    const [attempt = '', outcome = ''] = step.split(' ');
    await sql`
      insert into notification_attempt (notification_id, attempt, outcome, at)
      values (${id}, ${Number(attempt)}, ${outcome}, ${new Date(atMs)})
    `;
  }
  for (const one of reported) {
    await sql`insert into notification_receipt (notification_id, status, occurred_at) values (${id}, ${one}, now())`;
  }
  return id;
}

describe('nothing is wrong with a notification', () => {
  const right: readonly (readonly [title: string, history: History])[] = [
    ['that was sent and taken', { status: 'sent', steps: once, taken: [['a', 20]] }],
    ['that two devices of one user took', { channel: 'push', status: 'sent', steps: once, taken: [['a', 20], ['b', 21]] }],
    ['that was taken again after nobody knew', { status: 'sent', steps: twice, taken: [['a', 20], ['a', 50]] }],
    ['that was refused for good', { status: 'failed', steps: refused }],
    ['that was refused after nobody knew', {
      status: 'unknown', steps: [...twice.slice(0, 3), ['2 rejected', 60]], taken: [['a', 20]],
    }],
    ['that waits for its time', { status: 'queued', steps: [], dueInAnHour: true }],
    ['whose sender died, and whose provider reported', {
      channel: 'whatsapp', status: 'read', steps: died, taken: [['a', 20]], reported: ['sent', 'read'],
    }],
    ['that was taken, and could not be delivered', {
      channel: 'whatsapp', status: 'failed', steps: once, taken: [['a', 20]], reported: ['sent', 'failed'],
    }],
  ];
  test.each(right)('%s', async (_, history) => {
    expect(await wrongIn(history)).toEqual([]);
  });
});

describe('the checker sees a notification', () => {
  const wrong: readonly (readonly [title: string, history: History, invariants: readonly string[]])[] = [
    ['that is sent and that nobody took', { status: 'sent', steps: once }, ['every message on record as sent was accepted']],
    ['that still waits for nothing', { status: 'queued', steps: [] }, [
      'every message was sent, refused, or waits for its time',
    ]],
    ['that is still being sent', { status: 'sending', steps: died }, [
      'every message was sent, refused, or waits for its time', 'every attempt is counted and came to its end',
    ]],
    ['that failed though nobody refused it', { status: 'failed', steps: [['1 sending', 10], ['1 unknown', 30]] }, [
      'what failed was refused, and not sent',
    ]],
    ['that was taken again without a reason', {
      status: 'sent', steps: [['1 sending', 10], ['1 sent', 30], ['2 sending', 40], ['2 sent', 60]],
      taken: [['a', 20], ['a', 50]],
    }, ['a message accepted again is explained']],
    ['that was taken before its attempt was on record', { status: 'sent', steps: once, taken: [['a', 8]] }, [
      'no call without its attempt on record before it',
    ]],
    ['that was taken by an attempt that was refused', {
      status: 'sent', steps: twice.with(3, ['2 rejected', 60]), taken: [['a', 20], ['a', 50]],
    }, ['no message beyond the attempts sent or unknown']],
    ['whose attempt never began', {
      status: 'sent', steps: [...once, ['2 unknown', 50]], taken: [['a', 20]],
    }, ['every attempt is counted and came to its end']],
    ['that went back', { channel: 'whatsapp', status: 'sent', steps: once, taken: [['a', 20]], reported: ['read'] }, [
      'a status follows what was reported, and never back',
    ]],
    ['that nobody reported to be read', { channel: 'whatsapp', status: 'read', steps: once, taken: [['a', 20]] }, [
      'a status follows what was reported, and never back',
    ]],
  ];
  test.each(wrong)('%s', async (_, history, invariants) => {
    expect(await wrongIn(history)).toEqual(invariants);
  });

  test('that is none', async () => {
    const accepted = [{ channel: 'push' as const, notificationId: randomUUID(), address: 'a', atMs: 20 }];
    const wrong = (await checkProviders({ sql, accepted })).filter((finding) => finding.wrong > 0);
    expect(wrong).toEqual([{
      invariant: '9 every message accepted is a notification', verdict: 'stray', checked: 1, wrong: 1,
    }]);
  });
});
