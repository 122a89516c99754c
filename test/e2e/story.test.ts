import { randomUUID } from 'node:crypto';
import { expect, test } from 'vitest';
import type { Person } from '../../dev/demo/people.ts';
import { evidence, tenantBody, ticketBody } from '../support/app.ts';
import { type LogLine, joinTenant, post, settled, startSystem, wrongEffects } from '../support/system.ts';
import { until } from '../support/until.ts';

const PLANTED = 'planted-secret';

function person(title: string): Person {
  const contact = { name: `${PLANTED} ${title}`, email: `${PLANTED}.${title}@example.com`, locale: 'es' } as const;
  return { title, userId: randomUUID(), contact };
}

test('the story reaches every inbox and mailbox once, and its logs can be followed and hold nothing personal', async () => {
  const system = await startSystem({ formation: { web: 1, relay: 2, worker: 2 } });
  const { sql, apiUrl, mailbox, lines, secret, issueToken } = system;
  const [owner, customer, technician] = [person('owner'), person('customer'), person('technician')];
  const operator = await issueToken(person('operator'), { roles: ['backoffice:write'] });
  const act = (token: string, path: string, body: object) => post(system, { token, path, body });

  mailbox.fail = 'malformed';
  const userToken = await issueToken(owner, { roles: ['user'] });
  const tenantId = await act(userToken, '/tenants', { ...tenantBody, name: `${PLANTED} S.L.`, contact: owner.contact });
  await act(operator, `/tenants/${tenantId}/verify`, evidence);
  await until('a mail whose end is unknown is logged', () => lines.some(({ text }) => text.includes('delivery failed')));
  mailbox.fail = undefined;
  const customerToken = await issueToken(customer, { roles: ['user'] });
  const ticketId = await act(customerToken, '/tickets', {
    ...ticketBody(tenantId), subject: `${PLANTED} subject`, description: `${PLANTED} text`, contact: customer.contact,
  });
  const tenantToken = await issueToken(owner, { roles: ['tenant'], tenantId });
  await joinTenant(system, technician, { tenantId, tenantToken });
  const assignment = { assigneeUserId: technician.userId };
  await act(tenantToken, `/tickets/${ticketId}/assign`, assignment);
  await settled(system);

  expect(await wrongEffects(system)).toEqual([]);
  expect(await sql`select from dead_letter`).toHaveLength(0);
  expect(mailbox.messages.map(({ to }) => to.join()).toSorted()).toEqual(
    [owner, owner, customer, customer, technician].map(({ contact: { email } }) => email).toSorted(),
  );
  const inbox = await fetch(`${apiUrl}/notifications/me`, { headers: { authorization: `Bearer ${customerToken}` } });
  const { notifications } = (await inbox.json()) as { readonly notifications: readonly { template: string }[] };
  expect(notifications.map(({ template }) => template).toSorted()).toEqual(['ticket-assigned', 'ticket-created']);

  const written = lines.map(({ text }) => JSON.parse(text) as Readonly<Record<string, unknown>>);
  const everyone = ['relay.1', 'relay.2', 'release', 'web.1', 'worker.1', 'worker.2'];
  expect([...new Set(lines.map(({ process }) => process))].toSorted()).toEqual(everyone);
  expect(written.filter(({ level, time, msg }) => !level || !time || !msg)).toEqual([]);
  const requested = written.filter(({ msg }) => msg === 'request').map(({ traceId }) => traceId);
  const ofHandlers = written.filter(({ msg }) => msg === 'delivery failed');
  expect(ofHandlers).not.toHaveLength(0);
  for (const line of ofHandlers) {
    const eventId = expect.any(String);
    expect(line).toMatchObject({ consumer: 'deliver-email', eventType: 'EmailRequested', eventId, tenantId });
    expect(requested).toContain(line['traceId']);
  }
  const isLeak = ({ text }: LogLine) => [PLANTED, secret, customerToken].some((planted) => text.includes(planted));
  expect(lines.filter(isLeak)).toEqual([]);
});
