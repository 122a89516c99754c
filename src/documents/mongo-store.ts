import { MongoServerError } from 'mongodb';
import type { Collection, Db } from 'mongodb';
import { isUnavailable, Unavailable } from '../platform/unavailable.ts';
import { PointerMoved, TemplateConflict, UnknownTemplate } from './document-store.ts';
import type {
  DocumentStore, PointerMove, Standing, StoredWebhook, TemplateSummary, TemplateVersion, WebhookDelivery, WebhookPage, WebhookSummary,
} from './document-store.ts';
import { bodyHash, recordWebhook } from './record-webhook.ts';

/**
 * The ids are the guards: they are unique without an index of ours, and no write needs a transaction. Each is JSON of
 * its parts, so that no two different lists of parts make one id.
 */
type Id<T> = T & { readonly _id: string };
const idOf = (...parts: readonly (string | number)[]) => JSON.stringify(parts);

/** A header's name may hold a dot, which a field's may not, so headers are a list. */
type WebhookDocument = Omit<StoredWebhook, 'headers'> & {
  readonly headers: readonly { readonly name: string; readonly value: string }[];
};

interface Collections {
  readonly templates: Collection<Id<TemplateVersion>>;
  /** Documents are only added. The one with the highest seq is the pointer, the others are how it got there. */
  readonly pointers: Collection<Id<PointerMove & { readonly name: string; readonly seq: number }>>;
  readonly webhooks: Collection<Id<WebhookDocument>>;
}

/** The document store in MongoDB, or in anything that speaks its protocol. */
export function documentsInMongo(db: Db): DocumentStore {
  const collections: Collections = {
    templates: db.collection('notification_templates'),
    pointers: db.collection('notification_template_pointers'),
    webhooks: db.collection('webhook_payloads', { promoteBuffers: true }),
  };
  const insert = (delivery: WebhookDelivery, standing: Standing) => insertWebhook(collections, delivery, standing);
  const webhook = (provider: string, deliveryId: string) => firstWebhook(collections, provider, deliveryId);

  return Object.freeze({
    prepare: () => makeIndexes(collections),
    publishTemplate: (version: TemplateVersion) => publishTemplate(collections, version),
    setCurrent: (name: string, move: PointerMove, seen?: number | null) => setCurrent(collections, name, move, seen),
    currentVersion: async (name: string) => (await newestPointer(collections, name))?.version,
    pointerMoves: (name: string) => pointerMoves(collections, name),
    template: (name: string, version: number) => template(collections, name, version),
    listTemplates: () => listTemplates(collections),
    storeWebhook: (delivery: WebhookDelivery) => recordWebhook(delivery, { insert, webhook }),
    webhook,
    webhookHistory: (provider: string, deliveryId: string) => webhookHistory(collections, provider, deliveryId),
    listWebhooks: (page: WebhookPage) => listWebhooks(collections, page),
    forgetWebhooks: async (before: Date) => (await reach(() => collections.webhooks.deleteMany({ receivedAt: { $lt: before } }))).deletedCount,
    ping: async () => void (await reach(() => db.command({ ping: 1 }))),
  });
}

async function template(
  { templates }: Collections,
  name: string,
  version: number,
): Promise<TemplateVersion | undefined> {
  const found = await reach(() => templates.findOne({ _id: idOf(name, version) }, { projection: { _id: 0 } }));
  return found ?? undefined;
}

async function publishTemplate(collections: Collections, published: TemplateVersion): Promise<void> {
  const { name, version, contentHash } = published;
  if (await insert(() => collections.templates.insertOne({ _id: idOf(name, version), ...published }))) return;
  const before = await template(collections, name, version);
  if (before?.contentHash !== contentHash) throw new TemplateConflict(name, version);
}

const newestPointer = ({ pointers }: Collections, name: string) =>
  reach(() => pointers.findOne({ name }, { sort: { seq: -1 } }));

async function setCurrent(collections: Collections, name: string, move: PointerMove, seen?: number | null): Promise<void> {
  if ((await template(collections, name, move.version)) === undefined) throw new UnknownTemplate(name, move.version);
  const newest = await newestPointer(collections, name);
  if (seen !== undefined && (newest?.version ?? null) !== seen) throw new PointerMoved(name);
  const seq = (newest?.seq ?? 0) + 1;
  if (await insert(() => collections.pointers.insertOne({ _id: idOf(name, seq), name, seq, ...move }))) return;
  await setCurrent(collections, name, move, seen); // another operator took this seq
}

function pointerMoves({ pointers }: Collections, name: string): Promise<readonly PointerMove[]> {
  return reach(() => pointers.find({ name }, { projection: { _id: 0, name: 0, seq: 0 } }).sort({ seq: 1 }).toArray());
}

async function listTemplates(collections: Collections): Promise<readonly TemplateSummary[]> {
  const projection = { name: 1, version: 1 };
  const published = await reach(() => collections.templates.find({}, { projection }).toArray());
  const byName = Map.groupBy(published, ({ name }) => name);
  return Promise.all(
    [...byName].sort(([a], [b]) => (a < b ? -1 : 1)).map(async ([name, found]) => {
      const versions = found.map(({ version }) => version).sort((a, b) => a - b);
      const pointer = await newestPointer(collections, name);
      return { name, versions, ...(pointer !== null && { current: pointer.version }) };
    }),
  );
}

function insertWebhook({ webhooks }: Collections, delivery: WebhookDelivery, standing: Standing): Promise<boolean> {
  const { provider, deliveryId, rawBody } = delivery;
  const rest = standing === 'first' ? [] : [standing, bodyHash(rawBody)];
  const headers = Object.entries(delivery.headers).map(([name, value]) => ({ name, value }));
  const _id = idOf(provider, deliveryId, ...rest);
  return insert(() => webhooks.insertOne({ ...delivery, _id, standing, headers, rawBody: Buffer.from(rawBody) }));
}

async function firstWebhook(
  { webhooks }: Collections,
  provider: string,
  deliveryId: string,
): Promise<StoredWebhook | undefined> {
  const found = await reach(() => webhooks.findOne({ _id: idOf(provider, deliveryId) }));
  return found === null ? undefined : toWebhook(found);
}

async function webhookHistory(
  { webhooks }: Collections,
  provider: string,
  deliveryId: string,
): Promise<readonly StoredWebhook[]> {
  const from = idOf(provider, deliveryId).slice(0, -1); // the ids of all standings begin so, and no other's does
  const withId = { _id: { $gte: from, $lt: `${from}\uffff` } };
  const found = await reach(() => webhooks.find(withId).sort({ receivedAt: 1, _id: 1 }).toArray());
  return found.map(toWebhook);
}

/** For the list, and for the rare ones in it that were refused. */
async function makeIndexes({ webhooks }: Collections): Promise<void> {
  await reach(() => webhooks.createIndex({ receivedAt: -1, _id: -1 }, { name: 'webhook_received' }));
  await reach(() => webhooks.createIndex({ standing: 1, receivedAt: -1, _id: -1 }, { name: 'webhook_standing' }));
}

async function listWebhooks(
  { webhooks }: Collections,
  { provider, isRefused, before, limit }: WebhookPage,
): Promise<readonly WebhookSummary[]> {
  const filter = {
    ...(provider !== undefined && { provider }),
    ...(isRefused !== undefined && { standing: isRefused ? 'refused' as const : { $in: ['first' as const, 'conflict' as const] } }),
    ...(before !== undefined && {
      $or: [{ receivedAt: { $lt: before.receivedAt } }, { receivedAt: before.receivedAt, _id: { $lt: before.key } }],
    }),
  };
  const options = { projection: { rawBody: 0, headers: 0 } };
  const found = await reach(() => webhooks.find(filter, options).sort({ receivedAt: -1, _id: -1 }).limit(limit).toArray());
  return found.map(({ _id: key, ...rest }) => ({ ...rest, key }));
}

function toWebhook({ _id, headers, ...rest }: Id<WebhookDocument>): StoredWebhook {
  return { ...rest, headers: Object.fromEntries(headers.map(({ name, value }) => [name, value])) };
}

const DUPLICATE_KEY = 11_000;

/** False when the id is taken. */
async function insert(write: () => Promise<unknown>): Promise<boolean> {
  try {
    await reach(write);
    return true;
  } catch (error) {
    if (error instanceof MongoServerError && error.code === DUPLICATE_KEY) return false;
    throw error;
  }
}

/** Runs a command. @throws {Unavailable} for the driver's many ways of not reaching a server or its majority. */
async function reach<T>(command: () => Promise<T>): Promise<T> {
  try {
    return await command();
  } catch (error) {
    if (!isUnavailable(error)) throw error;
    throw new Unavailable('the document store cannot be reached', { cause: error });
  }
}
