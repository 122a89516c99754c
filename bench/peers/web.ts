// node bench/peers/web.ts outbox|boss: a minimal server for POST /tickets, with an outbox row or with a job of pg-boss.
import { randomUUID } from 'node:crypto';
import { serve } from '@hono/node-server';
import { Hono } from 'hono';
import { jwtVerify } from 'jose';
import { v7 as uuidv7 } from 'uuid';
import { z } from 'zod';
import { openPostgres, type Tx } from '../../src/platform/postgres.ts';
import { loadPgBoss } from './packages.ts';

const body = z.strictObject({
  tenantId: z.uuid(),
  subject: z.string().max(200),
  description: z.string().max(10_000),
  contact: z.strictObject({ name: z.string().max(120), email: z.email(), locale: z.enum(['es', 'en']) }),
});

interface TicketCreated {
  readonly ticketId: string;
  readonly tenantId: string;
  readonly customerUserId: string;
  readonly subject: string;
}

const [kind] = process.argv.slice(2);
const { PORT, DATABASE_URL = '', JWT_SECRET } = process.env;
const sql = openPostgres({ url: DATABASE_URL, name: 'peer' });
const secret = new TextEncoder().encode(JWT_SECRET);
const required = { issuer: 'techmarket', audience: 'columna', algorithms: ['HS256'] };
const publish = kind === 'boss' ? await sendJob() : insertEvent;
const app = new Hono();

app.post('/tickets', async (c) => {
  const [, token = ''] = (c.req.header('Authorization') ?? '').split(' ');
  const { payload } = await jwtVerify(token, secret, required);
  const key = c.req.header('Idempotency-Key');
  const parsed = body.safeParse(await c.req.json());
  if (!parsed.success || key === undefined || payload.sub === undefined) return c.json({ title: 'Bad request' }, 400);
  const { tenantId, subject, description } = parsed.data;
  const ticket = { id: uuidv7(), tenantId, customerUserId: payload.sub, subject, description, createdAt: new Date() };
  await sql.begin((tx) =>
    Promise.all([
      tx`
        insert into idempotency_key (subject, route, key, fingerprint, status, answer)
        values (${ticket.customerUserId}, 'POST /tickets', ${key}, '', 201, ${JSON.stringify(ticket)})
      `,
      tx`
        insert into ticket (id, tenant_id, customer_user_id, subject, description, created_at)
        values (${ticket.id}, ${tenantId}, ${ticket.customerUserId}, ${subject}, ${description}, ${ticket.createdAt})
      `,
      publish(tx, { ticketId: ticket.id, tenantId, customerUserId: ticket.customerUserId, subject }),
    ]),
  );
  return c.json(ticket, 201);
});
app.get('/livez', (c) => c.text('ok'));
serve({ fetch: app.fetch, port: Number(PORT) });

async function insertEvent(tx: Tx, payload: TicketCreated): Promise<void> {
  await tx`
    insert into outbox_event (
      id, event_type, schema_version, occurred_at, tenant_id, actor_user_id, payload_json, correlation_id
    )
    values (
      ${uuidv7()}, 'TicketCreated', 1, now(), ${payload.tenantId}, ${payload.customerUserId},
      ${JSON.stringify(payload)}::text::jsonb, ${randomUUID()}
    )
  `;
}

async function sendJob() {
  const boss = await loadPgBoss(DATABASE_URL);
  await boss.start();
  await boss.createQueue('ticket-created');
  return async (tx: Tx, payload: TicketCreated) => {
    const db = {
      executeSql: async (text: string, values: unknown[] = []) => {
        const rows = await tx.unsafe(text, values as string[]);
        return { rows };
      },
    };
    await boss.send('ticket-created', payload, { db });
  };
}
