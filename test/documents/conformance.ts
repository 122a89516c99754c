import { describe, expect, test } from 'vitest';
import { PointerMoved, TemplateConflict, UnknownTemplate } from '../../src/documents/document-store.ts';
import type { DocumentStore, TemplateVersion, WebhookDelivery, WebhookPage, WebhookPosition } from '../../src/documents/document-store.ts';

const AT = new Date('2026-03-01T10:00:00.123Z');
const move = (version: number) => ({ version, by: 'operator-1', reason: `to ${version}`, at: AT });

function versionOf(name: string, version: number, contentHash = 'hash-1'): TemplateVersion {
  const parts = [
    { locale: 'es', part: 'email.subject', source: 'Hola {{name}}' },
    { locale: 'es', part: 'inbox', source: '$set: "ñ" 👩‍👩‍👧 {{a.b}}\n' },
  ];
  return { name, version, parts, contentHash, publishedBy: 'release', reason: 'release 1', publishedAt: AT };
}

function deliveryOf(deliveryId: string, body = '{"a":1}'): WebhookDelivery {
  return {
    provider: 'payments',
    deliveryId,
    rawBody: Buffer.from(body),
    headers: { 'content-type': 'application/json', 'x.dotted$': 'kept' },
    verdict: 'valid',
    receivedAt: AT,
  };
}

/** What every document store does, whatever it stands on; each test opens an empty one. */
export function describeDocumentStore(open: () => Promise<DocumentStore>): void {
  describe('templates', () => describeTemplates(open));
  describe('webhooks', () => describeWebhooks(open));
  test('a store that is there answers a ping', async () => {
    await (await open()).ping();
  });
}

function describeTemplates(open: () => Promise<DocumentStore>): void {
  test('a published version comes back as it was', async () => {
    const store = await open();
    const version = versionOf('welcome', 1);
    await store.publishTemplate(version);
    expect(await store.template(version.name, 1)).toEqual(version);
    expect(await store.template(version.name, 2)).toBeUndefined();
  });

  test('publishing the same content again changes nothing, other content is refused', async () => {
    const store = await open();
    const version = versionOf('welcome', 1);
    await store.publishTemplate(version);
    await store.publishTemplate({ ...version, publishedBy: 'somebody else' });
    await expect(store.publishTemplate({ ...version, contentHash: 'hash-2' })).rejects.toThrow(TemplateConflict);
    expect(await store.template(version.name, 1)).toEqual(version);
  });

  test('one of several contents published at once wins', async () => {
    const store = await open();
    const name = 'welcome';
    const published = await Promise.allSettled(
      Array.from({ length: 8 }, (_, n) => store.publishTemplate(versionOf(name, 1, `hash-${n}`))),
    );
    expect(published.filter(({ status }) => status === 'fulfilled')).toHaveLength(1);
  });

  test('the pointer is where it was last moved, and every move is on record', async () => {
    const store = await open();
    const name = 'welcome';
    expect(await store.currentVersion(name)).toBeUndefined();
    await store.publishTemplate(versionOf(name, 1));
    await store.publishTemplate(versionOf(name, 2));
    for (const version of [1, 2, 1]) await store.setCurrent(name, move(version));
    expect(await store.currentVersion(name)).toBe(1);
    expect(await store.pointerMoves(name)).toEqual([move(1), move(2), move(1)]);
  });

  test('no move is lost when several operators move the pointer at once', async () => {
    const store = await open();
    const name = 'welcome';
    await store.publishTemplate(versionOf(name, 1));
    await Promise.all(Array.from({ length: 6 }, () => store.setCurrent(name, move(1))));
    expect(await store.pointerMoves(name)).toHaveLength(6);
  });

  test('of several moves from the version that was seen one wins', async () => {
    const store = await open();
    const name = 'welcome';
    for (const version of [1, 2, 3]) await store.publishTemplate(versionOf(name, version));
    await store.setCurrent(name, move(1), null);
    const moves = Array.from({ length: 6 }, (_, at) => store.setCurrent(name, move(2 + (at % 2)), 1));
    const refused = (await Promise.allSettled(moves)).flatMap((one) => (one.status === 'rejected' ? [one.reason as unknown] : []));
    expect(refused).toHaveLength(5);
    for (const reason of refused) expect(reason).toBeInstanceOf(PointerMoved);
    expect(await store.pointerMoves(name)).toHaveLength(2);
    await expect(store.setCurrent(name, move(1), null)).rejects.toThrow(PointerMoved);
  });

  test('the pointer does not move to a version that was never published', async () => {
    const store = await open();
    const name = 'welcome';
    await store.publishTemplate(versionOf(name, 1));
    await expect(store.setCurrent(name, move(2))).rejects.toThrow(UnknownTemplate);
    expect(await store.currentVersion(name)).toBeUndefined();
  });

  test('templates are listed by name, with their versions and pointer', async () => {
    const store = await open();
    expect(await store.listTemplates()).toEqual([]);
    for (const [name, version] of [['b', 1], ['a', 10], ['a', 9]] as const) {
      await store.publishTemplate(versionOf(name, version));
    }
    await store.setCurrent('a', move(9));
    expect(await store.listTemplates()).toEqual([
      { name: 'a', versions: [9, 10], current: 9 },
      { name: 'b', versions: [1] },
    ]);
  });
}

function describeWebhooks(open: () => Promise<DocumentStore>): void {
  test('a delivery comes back byte for byte', async () => {
    const store = await open();
    const delivery = { ...deliveryOf('delivery-1'), rawBody: Uint8Array.from([0, 255, 10, 13, 123]) };
    expect(await store.storeWebhook(delivery)).toBe('stored');
    const stored = await store.webhook('payments', delivery.deliveryId);
    expect({ ...stored, rawBody: Uint8Array.from(stored?.rawBody ?? []) }).toEqual({ ...delivery, standing: 'first' });
    expect(await store.webhook('payments', 'delivery-2')).toBeUndefined();
    expect(await store.webhook('other', delivery.deliveryId)).toBeUndefined();
  });

  test('the same bytes again are a replay, stored once', async () => {
    const store = await open();
    const delivery = deliveryOf('delivery-1');
    const outcomes = await Promise.all(Array.from({ length: 8 }, () => store.storeWebhook(delivery)));
    expect(outcomes.toSorted()).toEqual([...Array(7).fill('replay'), 'stored']);
    expect(await store.webhookHistory('payments', delivery.deliveryId)).toHaveLength(1);
  });

  test('other bytes under the same id are a conflict: the first is kept and both are on record', async () => {
    const store = await open();
    const id = 'delivery-1';
    await store.storeWebhook(deliveryOf(id, 'first'));
    expect(await store.storeWebhook(deliveryOf(id, 'other'))).toBe('conflict');
    expect(await store.storeWebhook(deliveryOf(id, 'other'))).toBe('conflict');
    expect(await store.storeWebhook(deliveryOf(id, 'first'))).toBe('replay');
    expect(Buffer.from((await store.webhook('payments', id))?.rawBody ?? []).toString()).toBe('first');
    const standings = (await store.webhookHistory('payments', id)).map(({ standing }) => standing);
    expect(standings.toSorted()).toEqual(['conflict', 'first']);
  });

  test('a refused delivery is on record but does not take the id', async () => {
    const store = await open();
    const id = 'delivery-1';
    expect(await store.storeWebhook({ ...deliveryOf(id), verdict: 'bad signature' })).toBe('refused');
    expect(await store.webhook('payments', id)).toBeUndefined();
    expect(await store.storeWebhook(deliveryOf(id))).toBe('stored');
    expect(await store.webhookHistory('payments', id)).toHaveLength(2);
  });

  test('what was received before a time is forgotten, whatever became of it', async () => {
    const store = await open();
    const [old, recent] = ['2025-01-01T00:00:00Z', '2026-01-01T00:00:00Z'].map((at) => new Date(at));
    await store.storeWebhook({ ...deliveryOf('old'), receivedAt: old as Date });
    await store.storeWebhook({ ...deliveryOf('refused'), verdict: 'bad signature', receivedAt: old as Date });
    await store.storeWebhook({ ...deliveryOf('recent'), receivedAt: recent as Date });
    expect(await store.forgetWebhooks(recent as Date)).toBe(2);
    expect(await store.forgetWebhooks(recent as Date)).toBe(0);
    expect(await store.webhook('payments', 'old')).toBeUndefined();
    expect(await store.webhook('payments', 'recent')).toBeDefined();
  });

  test('ids that would run into each other when joined stay apart', async () => {
    const store = await open();
    const id = 'delivery-1';
    await store.storeWebhook(deliveryOf(id, 'one'));
    expect(await store.storeWebhook(deliveryOf(`${id}","conflict`, 'two'))).toBe('stored');
    expect(await store.webhookHistory('payments', id)).toHaveLength(1);
  });

  test('deliveries are listed newest first, page by page, those of one instant too, without their bytes', async () => {
    const store = await open();
    for (const _ of [1, 2]) await store.prepare();
    const at = (seconds: number) => new Date(AT.getTime() + seconds * 1_000);
    await store.storeWebhook({ ...deliveryOf('old'), receivedAt: at(-1) });
    for (const id of ['same-1', 'same-2', 'same-3']) await store.storeWebhook(deliveryOf(id));
    await store.storeWebhook(deliveryOf('same-3', 'other'));
    await store.storeWebhook({ ...deliveryOf(''), verdict: 'no usable id' });
    await store.storeWebhook({ ...deliveryOf('new'), provider: 'whatsapp', receivedAt: at(1) });

    const said: string[] = [];
    let before: WebhookPosition | undefined;
    for (let page = 0; page < 4; page += 1) {
      const rows = await store.listWebhooks({ before, limit: 2 });
      said.push(...rows.map(({ deliveryId, standing }) => `${deliveryId} ${standing}`));
      before = rows.at(-1) ?? before;
    }
    const atOnce = ['same-1 first', 'same-2 first', 'same-3 first', 'same-3 conflict', ' refused'];
    expect([said.at(0), said.slice(1, -1).toSorted(), said.at(-1)]).toEqual(['new first', atOnce.toSorted(), 'old first']);
    const [newest] = await store.listWebhooks({ limit: 1 });
    expect(newest).toEqual({ provider: 'whatsapp', deliveryId: 'new', standing: 'first', verdict: 'valid', receivedAt: at(1), key: expect.any(String) });
  });

  test('deliveries are listed by provider, and by whether they were refused', async () => {
    const store = await open();
    await store.storeWebhook(deliveryOf('one'));
    await store.storeWebhook({ ...deliveryOf('two'), provider: 'whatsapp' });
    await store.storeWebhook({ ...deliveryOf('three'), verdict: 'bad signature' });
    const ids = async (filter: Omit<WebhookPage, 'limit'>) => (await store.listWebhooks({ ...filter, limit: 9 })).map(({ deliveryId }) => deliveryId).toSorted();
    expect(await ids({ provider: 'whatsapp' })).toEqual(['two']);
    expect(await ids({ isRefused: true })).toEqual(['three']);
    expect(await ids({ isRefused: false, provider: 'payments' })).toEqual(['one']);
  });

  test('a delivery id over the limit is refused', async () => {
    const store = await open();
    await expect(store.storeWebhook(deliveryOf('x'.repeat(257)))).rejects.toThrow(RangeError);
  });
}
