import { createECDH } from 'node:crypto';
import { z } from '@hono/zod-openapi';
import {
  findPushDevice,
  listPushDevices,
  type PushAddress,
  removePushDevice,
  savePushDevice,
} from '../../notifications/send/push-devices.ts';
import { command } from '../http/command.ts';
import type { Api, ApiDeps } from '../http/context.ts';
import { uuid } from '../http/fields.ts';
import { notFound, unprocessable } from '../http/problem.ts';
import { none, readRoute, writeRoute } from '../http/route.ts';

const p256dh = z.string().max(100).refine(isCurvePoint, 'must be an uncompressed point of P-256, in base64url');
const auth = z.string().regex(/^[\w-]{22}=*$/, 'must be 16 bytes in base64url');

const device = z
  .discriminatedUnion('platform', [
    z.strictObject({
      platform: z.literal('fcm'),
      token: z.string().regex(/^[\x21-\x7e]{1,2000}$/, 'must be a registration token'),
    }),
    z.strictObject({
      platform: z.literal('web'),
      endpoint: z.url().max(2_000),
      keys: z.strictObject({ p256dh, auth }),
    }),
  ])
  .openapi('PushDevice');

const deviceView = z
  .object({ id: uuid, platform: z.enum(['fcm', 'web']), lastSeenAt: z.iso.datetime() })
  .openapi('RegisteredDevice');

const saveDevice = writeRoute({
  path: '/users/me/devices',
  id: 'createDevice',
  summary: 'Create a device',
  description:
    'The caller’s notifications are shown on it. Send it with each start of the app, which keeps it registered.',
  params: none,
  body: device,
  status: 201,
  location: '/users/me/devices/{id}',
  answer: deviceView,
});

const listDevices = readRoute({
  path: '/users/me/devices',
  id: 'listDevices',
  summary: 'List the caller’s devices',
  description: 'At most 20, the last seen first, without the tokens that reach them.',
  params: none,
  query: none,
  answer: z.object({
    devices: z.array(deviceView),
  }),
});

const showDevice = readRoute({
  path: '/users/me/devices/{id}',
  id: 'getDevice',
  summary: 'Get one of the caller’s devices',
  description: 'Without the token that reaches it.',
  params: z.object({ id: uuid }),
  query: none,
  answer: deviceView,
});

const removeDevice = writeRoute({
  path: '/users/me/devices/remove',
  id: 'removeDevice',
  summary: 'Remove a device',
  description: 'Nothing is shown on it any more.',
  problems: [404],
  params: none,
  body: z.strictObject({ id: uuid }),
  status: 200,
  answer: z.object({ id: uuid }),
});

const readWebPushKey = readRoute({
  path: '/users/me/devices/web-push-key',
  id: 'getWebPushKey',
  summary: 'Get the Web Push key',
  description: 'The `applicationServerKey` with which a browser subscribes.',
  problems: [404],
  params: none,
  query: none,
  answer: z.object({ publicKey: z.string() }),
});

/** Where users' notifications are shown. */
export function deviceRoutes(api: Api, deps: ApiDeps): void {
  api.openapi(readWebPushKey, (c) => {
    const { VAPID_PUBLIC_KEY: publicKey } = deps.config;
    if (publicKey === undefined) throw notFound();
    return c.json({ publicKey }, 200);
  });

  api.openapi(saveDevice, (c) => {
    const address = toAddress(c.req.valid('json'));
    if (address.platform === 'web') assertPushService(address.endpoint, deps.config.WEB_PUSH_ORIGINS);
    return command(c, deps, async ({ tx, caller }) => {
      return { status: 201, body: await savePushDevice(tx, caller.userId, address) };
    });
  });

  api.openapi(listDevices, async (c) => {
    const devices = await listPushDevices(deps.sql, c.get('caller').userId);
    return c.json({ devices }, 200);
  });

  api.openapi(showDevice, async (c) => {
    const device = await findPushDevice(deps.sql, c.get('caller').userId, c.req.valid('param').id);
    if (device === undefined) throw notFound();
    return c.json(device, 200);
  });

  api.openapi(removeDevice, (c) => {
    const { id } = c.req.valid('json');
    return command(c, deps, async ({ tx, caller }) => {
      if (!(await removePushDevice(tx, caller.userId, id))) throw notFound();
      return { status: 200, body: { id } };
    });
  });
}

function toAddress(given: z.infer<typeof device>): PushAddress {
  if (given.platform === 'fcm') return given;
  return { platform: 'web', endpoint: given.endpoint, ...given.keys };
}

/** We post to what a user names: to known push services only, or anybody could have us knock at our own doors. */
function assertPushService(endpoint: string, origins: readonly string[]): void {
  const { origin, username, password } = new URL(endpoint);
  const isKnown = origins.some((known) => {
    const [start = '', rest] = known.split('*');
    if (rest === undefined) return origin === known;
    const label = origin.slice(start.length, -rest.length);
    return origin === `${start}${label}${rest}` && /^[\w-]+$/.test(label);
  });
  if (isKnown && username === '' && password === '') return;
  throw unprocessable('/endpoint', 'must be an address of a known push service');
}

function isCurvePoint(text: string): boolean {
  const point = Buffer.from(text, 'base64url');
  if (point.length !== 65 || !/^[\w-]+=*$/.test(text)) return false;
  const ecdh = createECDH('prime256v1');
  ecdh.generateKeys();
  try {
    return ecdh.computeSecret(point).length === 32;
  } catch {
    return false;
  }
}
