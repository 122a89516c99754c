import { randomUUID } from 'node:crypto';
import { describe, expect, test } from 'vitest';
import { createApp } from '../../../src/api/app.ts';
import { MAX_TOTAL_MINOR } from '../../../src/domain/service/quote.ts';
import { appDeps, json, signIn, untouchable } from '../../support/app.ts';
import { inDays, leadBody, listingBody, placeBody, quoteBody, reviewBody } from '../../support/service.ts';

/** An app whose database must not be asked at all, for a query becomes a 500. */
const app = createApp(appDeps(untouchable));
const everybody = { roles: ['user', 'tenant', 'backoffice:write'], tenantId: randomUUID() } as const;
const client = await signIn(app, everybody);

const id = randomUUID();
const visit = { listingId: id, kind: 'view', visitorId: 'v' };
const moderation = { target: 'review', targetId: id, action: 'hide', reason: 'x' };
const line = { description: 'x', quantity: 1, unitPriceMinor: 1 };

/** Each path that is written to, with a body that would do. */
const writes = {
  [`/tenants/${id}/branches`]: placeBody,
  [`/branches/${id}`]: placeBody,
  [`/tenants/${id}/listings`]: listingBody(id),
  [`/listings/${id}/flags`]: { reason: 'x' },
  '/analytics/visits': { visits: [visit] },
  [`/tickets/${id}/quotes`]: quoteBody(),
  [`/quotes/${id}/approve`]: {},
  [`/tickets/${id}/appointments`]: { startsAt: inDays(1) },
  [`/appointments/${id}/move`]: { startsAt: inDays(1) },
  [`/appointments/${id}/cancel`]: { reason: 'x' },
  [`/tickets/${id}/close`]: { outcome: 'completed' },
  [`/tenants/${id}/leads`]: leadBody,
  [`/leads/${id}/status`]: { status: 'contacted' },
  [`/tickets/${id}/reviews`]: reviewBody(),
  '/backoffice/moderation': moderation,
  [`/backoffice/payment-mismatches/${id}/resolve`]: { reason: 'x' },
} as const;
const paths = Object.entries<Readonly<Record<string, unknown>>>(writes).map(([path, body]) => [path, body] as const);

async function expectRefused(answer: Response, status: number): Promise<void> {
  const problem = await json(answer);
  expect([answer.status, answer.headers.get('Content-Type')]).toEqual([status, 'application/problem+json']);
  expect(JSON.stringify(problem)).not.toMatch(/select|drop table|\$ne|at .*\.ts/i);
}

describe.each(paths)('%s', (path, good) => {
  test('refuses what is no such body, and never asks the database', async () => {
    const wrong = [{ $ne: null }, null, [[]], 'a\0b', 'a\ud800b', 1e21, true];
    const broken = Object.keys(good).flatMap((key) => [
      ...wrong.map((value) => ({ ...good, [key]: value })),
      Object.fromEntries(Object.entries(good).filter(([kept]) => kept !== key)),
    ]);
    const bodies = [null, [], 'x', 1, { ...good, extra: 1 }, { ...good, tenantId: randomUUID() }, ...broken];
    for (const body of bodies) await expectRefused(await client.post(path, JSON.stringify(body)), 422);
    const polluting = JSON.stringify({ ...good, x: 1 }).replace('"x":1', '"__proto__":{"polluted":true}');
    await expectRefused(await client.post(path, polluting), 422);
    expect(Object.prototype).not.toHaveProperty('polluted');
    await expectRefused(await client.post(path, ''), 400);
  });

  test('needs a key, a sound path, and its method', async () => {
    await expectRefused(await client.post(path, good, ''), 400);
    if (path.includes(id)) {
      for (const odd of ['1', "1'; drop table ticket; --", '%00', `${id}0`]) {
        expect([400, 404]).toContain((await client.post(path.replace(id, odd), good)).status);
      }
    }
    expect((await app.request(path, { method: 'DELETE' })).status).toBe(405);
    expect((await app.request(path, { method: 'POST', body: JSON.stringify(good) })).status).toBe(401);
  });
});

const withVisit = (field: object) => ({ visits: [{ ...visit, ...field }] });
const withLine = (field: object) => ({ ...quoteBody(), lines: [{ ...line, ...field }] });
const withContact = (given: object) => ({ source: 'form', contact: { name: 'x', ...given } });

const fields: readonly (readonly [string, string, object, string])[] = [
  ['a zone with capitals', `/branches/${id}`, { ...placeBody, zone: 'Roma Norte' }, '/zone'],
  ['a zone that ends in a dash', `/branches/${id}`, { ...placeBody, zone: 'roma-' }, '/zone'],
  ['a latitude beyond the pole', `/branches/${id}`, { ...placeBody, latitude: 90.01 }, '/latitude'],
  ['a longitude as a text', `/branches/${id}`, { ...placeBody, longitude: '0' }, '/longitude'],
  ['an address of two lines', `/branches/${id}`, { ...placeBody, address: 'a\r\nb' }, '/address'],
  ['a blank title', `/tenants/${id}/listings`, { ...listingBody(id), title: ' ' }, '/title'],
  ['a branch that is no id', `/tenants/${id}/listings`, listingBody('1'), '/branchId'],
  ['a blank reason', `/listings/${id}/flags`, { reason: ' ' }, '/reason'],
  ['an unknown kind of visit', '/analytics/visits', withVisit({ kind: 'call' }), '/visits/0/kind'],
  ['a visitor too long', '/analytics/visits', withVisit({ visitorId: 'v'.repeat(201) }), '/visits/0/visitorId'],
  ['an address that is none', '/analytics/visits', withVisit({ ip: '256.0.0.1' }), '/visits/0/ip'],
  ['no visits', '/analytics/visits', { visits: [] }, '/visits'],
  ['a price below nothing', `/tickets/${id}/quotes`, withLine({ unitPriceMinor: -1 }), '/lines/0/unitPriceMinor'],
  ['half a cent', `/tickets/${id}/quotes`, withLine({ unitPriceMinor: 0.5 }), '/lines/0/unitPriceMinor'],
  ['a price as a text', `/tickets/${id}/quotes`, withLine({ unitPriceMinor: '1' }), '/lines/0/unitPriceMinor'],
  ['none of something', `/tickets/${id}/quotes`, withLine({ quantity: 0 }), '/lines/0/quantity'],
  ['too large a total', `/tickets/${id}/quotes`, withLine({ quantity: 2, unitPriceMinor: MAX_TOTAL_MINOR }), '/lines'],
  ['101 lines', `/tickets/${id}/quotes`, { ...quoteBody(), lines: Array.from({ length: 101 }, () => line) }, '/lines'],
  ['no lines', `/tickets/${id}/quotes`, { ...quoteBody(), lines: [] }, '/lines'],
  ['a currency out of use', `/tickets/${id}/quotes`, { ...quoteBody(), currency: 'DEM' }, '/currency'],
  ['no zone', `/tickets/${id}/quotes`, { ...quoteBody(), validUntil: '2027-01-01T00:00:00' }, '/validUntil'],
  ['a day that never was', `/tickets/${id}/appointments`, { startsAt: '2026-02-30T12:00:00Z' }, '/startsAt'],
  ['infinity', `/tickets/${id}/appointments`, { startsAt: 'infinity' }, '/startsAt'],
  ['an unknown outcome', `/tickets/${id}/close`, { outcome: 'lost' }, '/outcome'],
  ['a prospect out of reach', `/tenants/${id}/leads`, withContact({}), '/contact'],
  ['a phone +00', `/tenants/${id}/leads`, withContact({ phone: '+00' }), '/contact/phone'],
  ['a phone with letters', `/tenants/${id}/leads`, withContact({ phone: '+52abcdefgh' }), '/contact/phone'],
  ['a phone of 40 digits', `/tenants/${id}/leads`, withContact({ phone: `+${'1'.repeat(40)}` }), '/contact/phone'],
  ['an e-mail with a header', `/tenants/${id}/leads`, withContact({ email: 'a@b\r\nBcc: x@y' }), '/contact/email'],
  ['an unknown source', `/tenants/${id}/leads`, { ...leadBody, source: 'tv' }, '/source'],
  ['an unknown status', `/leads/${id}/status`, { status: 'Won' }, '/status'],
  ['six stars', `/tickets/${id}/reviews`, reviewBody(6), '/rating'],
  ['no stars', `/tickets/${id}/reviews`, reviewBody(0), '/rating'],
  ['four stars and a half', `/tickets/${id}/reviews`, reviewBody(4.5), '/rating'],
  ['a review of 5,001 characters', `/tickets/${id}/reviews`, { rating: 1, text: 'a'.repeat(5_001) }, '/text'],
  ['an unknown action', '/backoffice/moderation', { ...moderation, action: 'delete' }, '/action'],
  ['an unknown target', '/backoffice/moderation', { ...moderation, target: 'tenant' }, '/target'],
];

test.each(fields)('%s is refused with its place', async (_what, path, body, pointer) => {
  const answer = await client.post(path, body);
  expect([answer.status, await json(answer)]).toMatchObject([422, { errors: [{ in: 'body', pointer }] }]);
});

test.each(['branches', 'leads', 'reviews'])('the list of %s refuses odd limits and cursors', async (list) => {
  const path = `/tenants/${everybody.tenantId}/${list}`;
  for (const query of ['limit=-1', 'limit=1e9', 'limit=abc', 'limit=0', 'limit=', 'other=1', 'cursor=']) {
    await expectRefused(await client.get(`${path}?${query}`), 422);
  }
  for (const cursor of ['x', Buffer.from('["1"]').toString('base64url')]) {
    await expectRefused(await client.get(`${path}?cursor=${cursor}`), 400);
  }
});
