import type { Sql } from '../platform/postgres.ts';
import { PointerMoved, TemplateConflict, UnknownTemplate } from './document-store.ts';
import type {
  DocumentStore, PointerMove, Standing, StoredWebhook, TemplateSummary, TemplateVersion, WebhookDelivery, WebhookPage, WebhookSummary,
} from './document-store.ts';
import { bodyHash, recordWebhook } from './record-webhook.ts';

/** The document store in PostgreSQL, for where no MongoDB is set. Every write is one statement, so none is halved. */
export function documentsInPostgres(sql: Sql): DocumentStore {
  const webhook = async (provider: string, deliveryId: string) =>
    (await webhookHistory(sql, provider, deliveryId)).find(({ standing }) => standing === 'first');
  const insert = (delivery: WebhookDelivery, standing: Standing) => insertWebhook(sql, delivery, standing);

  return Object.freeze({
    prepare: async () => undefined, // migrations do
    publishTemplate: (version: TemplateVersion) => publishTemplate(sql, version),
    setCurrent: (name: string, move: PointerMove, seen?: number | null) => setCurrent(sql, name, move, seen),
    currentVersion: (name: string) => currentVersion(sql, name),
    pointerMoves: (name: string) => pointerMoves(sql, name),
    template: (name: string, version: number) => template(sql, name, version),
    listTemplates: () => listTemplates(sql),
    storeWebhook: (delivery: WebhookDelivery) => recordWebhook(delivery, { insert, webhook }),
    webhook,
    webhookHistory: (provider: string, deliveryId: string) => webhookHistory(sql, provider, deliveryId),
    listWebhooks: (page: WebhookPage) => listWebhooks(sql, page),
    forgetWebhooks: async (before: Date) => (await sql`delete from webhook_payload where received_at < ${before}`).count,
    ping: async () => void (await sql`select 1`),
  });
}

async function publishTemplate(sql: Sql, published: TemplateVersion): Promise<void> {
  const { name, version, parts, contentHash, publishedBy, reason, publishedAt } = published;
  const inserted = await sql`
    insert into notification_template (name, version, parts, content_hash, published_by, reason, published_at)
    values (${name}, ${version}, ${sql.json(parts.map((part) => ({ ...part })))}, ${contentHash}, ${publishedBy},
            ${reason}, ${publishedAt})
    on conflict do nothing
    returning 1`;
  if (inserted.length > 0) return;
  const before = await template(sql, name, version);
  if (before?.contentHash !== contentHash) throw new TemplateConflict(name, version);
}

const UNIQUE_VIOLATION = '23505';
const FOREIGN_KEY_VIOLATION = '23503';

async function setCurrent(sql: Sql, name: string, move: PointerMove, seen?: number | null): Promise<void> {
  try {
    const { count } = await sql`
      insert into notification_template_pointer (name, seq, version, moved_by, reason, moved_at)
      select ${name}, coalesce(max(seq), 0) + 1, ${move.version}, ${move.by}, ${move.reason}, ${move.at}
      from notification_template_pointer
      where name = ${name}
      ${seen === undefined ? sql`` : sql`having (${newestPointer(sql, name)}) is not distinct from ${seen}`}`;
    if (count === 0) throw new PointerMoved(name);
  } catch (error) {
    const code = error instanceof Error && 'code' in error ? error.code : undefined;
    if (code === FOREIGN_KEY_VIOLATION) throw new UnknownTemplate(name, move.version);
    if (code !== UNIQUE_VIOLATION) throw error;
    await setCurrent(sql, name, move, seen); // another operator took this seq
  }
}

const newestPointer = (sql: Sql, name: string) => sql`
  select version from notification_template_pointer where name = ${name} order by seq desc limit 1
`;

function pointerMoves(sql: Sql, name: string): Promise<readonly PointerMove[]> {
  return sql<PointerMove[]>`
    select version, moved_by as by, reason, moved_at as at
    from notification_template_pointer
    where name = ${name}
    order by seq`;
}

async function currentVersion(sql: Sql, name: string): Promise<number | undefined> {
  const [pointer] = await sql<{ version: number }[]>`${newestPointer(sql, name)}`;
  return pointer?.version;
}

async function template(sql: Sql, name: string, version: number): Promise<TemplateVersion | undefined> {
  const [row] = await sql<TemplateVersion[]>`
    select name, version, parts, content_hash as "contentHash", published_by as "publishedBy", reason,
           published_at as "publishedAt"
    from notification_template
    where name = ${name} and version = ${version}`;
  return row;
}

async function listTemplates(sql: Sql): Promise<readonly TemplateSummary[]> {
  const rows = await sql<{ name: string; versions: number[]; current: number | null }[]>`
    select t.name,
           json_agg(t.version order by t.version) as versions,
           (select p.version from notification_template_pointer p where p.name = t.name order by p.seq desc limit 1)
             as current
    from notification_template t
    group by t.name
    order by t.name collate "C"`;
  return rows.map(({ name, versions, current }) => ({ name, versions, ...(current !== null && { current }) }));
}

async function insertWebhook(sql: Sql, delivery: WebhookDelivery, standing: Standing): Promise<boolean> {
  const { provider, deliveryId, rawBody, headers, verdict, receivedAt } = delivery;
  const inserted = await sql`
    insert into webhook_payload
      (provider, delivery_id, standing, body_sha256, raw_body, headers, verdict, received_at)
    values (${provider}, ${deliveryId}, ${standing}, ${bodyHash(rawBody)}, ${rawBody}, ${sql.json(headers)}, ${verdict},
            ${receivedAt})
    on conflict do nothing
    returning 1`;
  return inserted.length > 0;
}

function webhookHistory(sql: Sql, provider: string, deliveryId: string): Promise<readonly StoredWebhook[]> {
  return sql<StoredWebhook[]>`
    select provider, delivery_id as "deliveryId", standing, raw_body as "rawBody", headers, verdict,
           received_at as "receivedAt"
    from webhook_payload
    where provider = ${provider} and delivery_id = ${deliveryId}
    order by received_at, standing, body_sha256`;
}

async function listWebhooks(sql: Sql, { provider, isRefused, before, limit }: WebhookPage): Promise<readonly WebhookSummary[]> {
  const key = sql`provider || ' ' || delivery_id || ' ' || standing || ' ' || body_sha256`; // as the indexes have it
  return sql<WebhookSummary[]>`
    select provider, delivery_id as "deliveryId", standing, verdict, received_at as "receivedAt", ${key} as key
    from webhook_payload
    where true
      ${provider === undefined ? sql`` : sql`and provider = ${provider}`}
      ${isRefused === undefined ? sql`` : isRefused ? sql`and standing = 'refused'` : sql`and standing <> 'refused'`}
      ${before === undefined ? sql`` : sql`and (received_at, ${key}) < (${before.receivedAt}, ${before.key})`}
    order by received_at desc, ${key} desc
    limit ${limit}`;
}
