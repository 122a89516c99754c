import { randomUUID } from 'node:crypto';
import { closeSync, fsyncSync, openSync, writeSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import type { IssueToken, Person } from '../demo/people.ts';

/** What the client knows of a command: it was done, it was refused, or nobody told. */
export type Outcome = 'acked' | 'refused' | 'unknown';

/** A ticket that was asked for; the subject names it among all tickets. */
export interface Command {
  readonly subject: string;
  outcome: Outcome;
  ticketId: string | undefined;
}

export interface ClientOptions {
  readonly apiUrl: string;
  readonly issueToken: IssueToken;
  readonly random: () => number;
  /** Each command is on the disk here before it is sent, and its outcome before the next. */
  readonly logFile: string;
  readonly seed: number;
  /** Makes people reachable by push and WhatsApp, before anybody is told anything; then each ticket gets a quote. */
  readonly reach?: ((people: readonly Person[]) => Promise<void>) | undefined;
}

const CONCURRENCY = 8;
const TRIES = 40;
const REQUEST_TIMEOUT_MS = 12_000;
const PERSONS = 40;
const RETRY_MS = 250;
const WEEK_MS = 7 * 86_400_000;

/** Texts that a person typed, and what numbers begin with; none of it may appear in a log, in Redis or in a metric. */
export const PLANTED = 'planted-secret';
export const PLANTED_PHONE = '529995550';

/** A client of the API that opens tickets, retries as clients do, and writes down what it was told. */
export async function openClient({ apiUrl, issueToken, random, logFile, seed, reach }: ClientOptions) {
  const commands: Command[] = [];
  const log = openSync(logFile, 'w');
  const write = (entry: object) => {
    writeSync(log, `${JSON.stringify(entry)}\n`);
    fsyncSync(log);
  };

  const person = (number: number): Person => ({
    userId: randomUUID(),
    title: 'customer',
    contact: { name: `${PLANTED} ${number}`, email: `${PLANTED}-${number}@chaos.example`, locale: number % 2 === 0 ? 'es' : 'en' },
  });
  const owner = person(0);
  const customers = Array.from({ length: PERSONS }, (_, index) => person(index + 1));
  await reach?.([owner, ...customers]);
  const operatorToken = await issueToken(person(-1), { roles: ['backoffice:write'] });
  const tokens = await Promise.all(customers.map((customer) => issueToken(customer, { roles: ['user'] })));

  async function post(path: string, token: string, key: string, body: object): Promise<{ status: number; body: { id?: string } }> {
    const response = await fetch(`${apiUrl}${path}`, {
      method: 'POST',
      headers: { authorization: `Bearer ${token}`, 'content-type': 'application/json', 'idempotency-key': key },
      body: JSON.stringify(body),
      signal: AbortSignal.timeout(REQUEST_TIMEOUT_MS),
    });
    return { status: response.status, body: (await response.json()) as { id?: string } };
  }

  const tenant = await post('/tenants', await issueToken(owner, { roles: ['user'] }), randomUUID(), {
    name: 'Chaos S.L.', country: 'ES', currency: 'EUR', timeZone: 'Europe/Madrid', contact: owner.contact,
  });
  const tenantId = tenant.body.id ?? '';
  const tenantToken = await issueToken(owner, { roles: ['tenant'], tenantId });
  await post(`/tenants/${tenantId}/verify`, operatorToken, randomUUID(), { evidence: { kind: 'register', reference: 'B-1' } });

  /** Asks under one key until there is an answer, or `tries` are over. */
  async function ask(path: string, token: string, { key, body, tries }: Asked): Promise<Answer> {
    for (let tried = 0; tried < tries; tried += 1) {
      try {
        const { status, body: { id } } = await post(path, token, key, body);
        if (status === 201) return { outcome: 'acked', id };
        if (status < 500 && status !== 409 && status !== 429) return { outcome: 'refused' };
      } catch {
        // Nobody told: the same key asks again.
      }
      await sleep(RETRY_MS);
    }
    return { outcome: 'unknown' };
  }

  async function openTicket(): Promise<void> {
    const number = commands.length;
    const command: Command = { subject: `chaos ${seed} ${number}`, outcome: 'unknown', ticketId: undefined };
    commands.push(command);
    const key = randomUUID();
    const index = number % PERSONS;
    const body = { tenantId, subject: command.subject, description: `${PLANTED} text`, contact: customers[index]?.contact };
    const tries = random() < 0.7 ? TRIES : 1;
    write({ command: number, key });
    const { outcome, id } = await ask('/tickets', tokens[index] ?? '', { key, body, tries });
    Object.assign(command, { outcome, ticketId: id });
    write({ command: number, outcome, ticketId: id });
    if (reach !== undefined && id !== undefined) await sendQuote(id);
  }

  async function sendQuote(ticketId: string): Promise<void> {
    const lines = [{ description: 'work', quantity: 1, unitPriceMinor: 12_300 }];
    const body = { lines, currency: 'EUR', validUntil: new Date(Date.now() + WEEK_MS).toISOString() };
    await ask(`/tickets/${ticketId}/quotes`, tenantToken, { key: randomUUID(), body, tries: TRIES });
  }

  return {
    commands,
    tenantId,
    ownerUserId: owner.userId,
    operatorToken,
    /** That a command makes when all goes well. */
    eventsEach: reach === undefined ? 3 : 9,
    /** Opens tickets, a few at a time, until each has an outcome. */
    async open(count: number): Promise<void> {
      let left = count;
      const lane = async () => {
        for (; left > 0; ) {
          left -= 1;
          await openTicket();
        }
      };
      await Promise.all(Array.from({ length: CONCURRENCY }, lane));
    },
    retry: (eventIds: readonly string[]) => post('/backoffice/events/retry', operatorToken, randomUUID(), { eventIds }),
    close: () => closeSync(log),
  };
}

/** The id where it was acked. */
interface Answer extends Pick<Command, 'outcome'> {
  readonly id?: string | undefined;
}

interface Asked {
  readonly key: string;
  readonly body: object;
  readonly tries: number;
}

export type Client = Awaited<ReturnType<typeof openClient>>;
