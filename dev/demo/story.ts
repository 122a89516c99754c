import { randomBytes, randomUUID } from 'node:crypto';
import type { Sql } from '../../src/platform/postgres.ts';
import type { Mailbox } from '../sandbox/mailbox.ts';
import { until } from '../until.ts';
import { hopsOf } from './hops.ts';
import type { Hop, Watched } from './hops.ts';
import { castPeople } from './people.ts';
import type { IssueToken, Person } from './people.ts';

const HOP_DEADLINE_MS = 30_000;

export interface Stage {
  /** Where the API answers. */
  readonly apiUrl: string;
  readonly sql: Sql;
  readonly mailbox: Mailbox;
  readonly issueToken: IssueToken;
  readonly print: (line: string) => void;
}

export interface Told {
  readonly operatorToken: string;
  readonly customerToken: string;
}

/** Tells the story through the HTTP API, printing each hop as it happens; fails with the hop that did not. */
export async function tellStory(stage: Stage): Promise<Told> {
  const people = castPeople();
  const { owner, customer, technician, operator } = people;
  const operatorToken = await stage.issueToken(operator, { roles: ['backoffice:write'] });
  const customerToken = await stage.issueToken(customer, { roles: ['user'] });
  const act = (title: string, token: string, path: string, body: object) =>
    request({ ...stage, people: Object.values(people) }, { title, token, path, body });

  const ownerToken = await stage.issueToken(owner, { roles: ['user'] });
  const tenant = await act('The owner founds a tenant', ownerToken, '/tenants', {
    name: 'Clima Norte', country: 'MX', currency: 'MXN', timeZone: 'America/Monterrey', contact: owner.contact,
  });
  await act('An operator verifies it', operatorToken, `/tenants/${tenant.id}/verify`, {
    evidence: { kind: 'tax-certificate', reference: 'RFC CNO-240117-AB3' },
  });
  const ticket = await act('A customer opens a ticket', customerToken, '/tickets', {
    tenantId: tenant.id,
    subject: 'The air conditioner leaks',
    description: 'It drips when it cools.',
    contact: customer.contact,
  });
  const tenantToken = await stage.issueToken(owner, { roles: ['tenant'], tenantId: tenant.id });
  await act('The tenant assigns it to a technician', tenantToken, `/tickets/${ticket.id}/assign`, {
    assigneeUserId: technician.userId, contact: technician.contact,
  });
  return { operatorToken, customerToken };
}

interface Request {
  readonly title: string;
  readonly token: string;
  readonly path: string;
  readonly body: object;
}

/** Makes one request and follows it until everything that it sets off has happened. */
async function request(stage: Stage & { readonly people: readonly Person[] }, { title, token, path, body }: Request) {
  const traceId = randomBytes(16).toString('hex');
  stage.print(`\n${title}: POST ${path.replace(/[0-9a-f]{8}-[0-9a-f-]{27}/, '{id}')}`);
  const startedAt = Date.now();
  const print = ({ what, at }: Hop) => {
    const elapsed = `+${Number(at) - startedAt} ms`;
    stage.print(`${elapsed.padStart(12)}  ${what}`);
  };

  const response = await fetch(`${stage.apiUrl}${path}`, {
    method: 'POST',
    headers: {
      authorization: `Bearer ${token}`,
      'content-type': 'application/json',
      'idempotency-key': randomUUID(),
      traceparent: `00-${traceId}-${randomBytes(8).toString('hex')}-01`,
    },
    body: JSON.stringify(body),
  });
  const answer = await response.text();
  if (!response.ok) throw new Error(`POST ${path} was answered ${response.status}: ${answer}`);
  const answered = { key: 'answer', what: `answered ${response.status}`, at: new Date() };

  await followHops(watch(stage, traceId), { answered, print });
  return JSON.parse(answer) as { readonly id: string };
}

interface Following {
  readonly answered: Hop;
  readonly print: (hop: Hop) => void;
}

async function followHops(watched: Watched, { answered, print }: Following): Promise<void> {
  const printed = new Set<string>();
  let missing = 'the event in the outbox';
  const isComplete = async () => {
    const hops = await hopsOf(watched);
    const news = [answered, ...hops].filter(({ key, at }) => at !== undefined && !printed.has(key));
    for (const hop of news.sort((one, other) => Number(one.at) - Number(other.at))) {
      printed.add(hop.key);
      print(hop);
    }
    missing = hops.find(({ at }) => at === undefined)?.what ?? missing;
    return hops.length > 0 && hops.every(({ at }) => at !== undefined);
  };
  await until(() => missing, isComplete, { deadlineMs: HOP_DEADLINE_MS });
}

function watch({ apiUrl, sql, mailbox, issueToken, people }: Parameters<typeof request>[0], traceId: string): Watched {
  const shown = new Map<string, Date>();
  const personOf = (userId: string) => {
    const person = people.find((candidate) => candidate.userId === userId);
    if (!person) throw new Error('a notification for a user who is not in the story');
    return person;
  };
  return {
    traceId,
    sql,
    titleOf: (userId) => personOf(userId).title,
    mailAcceptedAt(notificationId) {
      const mail = mailbox.messages.find((message) => message.notificationId === notificationId);
      return mail && new Date(mail.at);
    },
    async inboxShownAt(userId, notificationId) {
      if (shown.has(notificationId)) return shown.get(notificationId);
      const token = await issueToken(personOf(userId), { roles: ['user'] });
      const response = await fetch(`${apiUrl}/notifications/me`, { headers: { authorization: `Bearer ${token}` } });
      const { notifications } = (await response.json()) as { notifications: readonly { readonly id: string }[] };
      for (const { id } of notifications) if (!shown.has(id)) shown.set(id, new Date());
      return shown.get(notificationId);
    },
  };
}
