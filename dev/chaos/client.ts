import { randomUUID } from 'node:crypto';
import { closeSync, fsyncSync, openSync, writeSync } from 'node:fs';
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
}

const CONCURRENCY = 8;
const TRIES = 40;
const REQUEST_TIMEOUT_MS = 12_000;
const PERSONS = 40;

/** Texts that a person typed; none of it may appear in a log, in Redis or in a metric. */
export const PLANTED = 'planted-secret';

/** A client of the API that opens tickets, retries as clients do, and writes down what it was told. */
export async function openClient({ apiUrl, issueToken, random, logFile, seed }: ClientOptions) {
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
  await post(`/tenants/${tenantId}/verify`, operatorToken, randomUUID(), { evidence: { kind: 'register', reference: 'B-1' } });

  async function openTicket(): Promise<void> {
    const number = commands.length;
    const command: Command = { subject: `chaos ${seed} ${number}`, outcome: 'unknown', ticketId: undefined };
    commands.push(command);
    const key = randomUUID();
    const index = number % PERSONS;
    const body = { tenantId, subject: command.subject, description: `${PLANTED} text`, contact: customers[index]?.contact };
    const persists = random() < 0.7;
    write({ command: number, key });
    for (let tries = 0; tries < (persists ? TRIES : 1); tries += 1) {
      try {
        const answer = await post('/tickets', tokens[index] ?? '', key, body);
        if (answer.status === 201) {
          command.outcome = 'acked';
          command.ticketId = answer.body.id;
          break;
        }
        if (answer.status < 500 && answer.status !== 409 && answer.status !== 429) {
          command.outcome = 'refused';
          break;
        }
      } catch {
        // Nobody told: the same key asks again.
      }
      await new Promise((resolve) => setTimeout(resolve, 250));
    }
    write({ command: number, outcome: command.outcome, ticketId: command.ticketId });
  }

  return {
    commands,
    tenantId,
    ownerUserId: owner.userId,
    operatorToken,
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

export type Client = Awaited<ReturnType<typeof openClient>>;
