import { v7 as uuidv7 } from 'uuid';
import type { Db, Tx } from '../../platform/postgres.ts';

/** Where a push goes: an app under FCM, or a browser's push service. Whoever has it can reach the device. */
export type PushAddress =
  | { readonly platform: 'fcm'; readonly token: string }
  | { readonly platform: 'web'; readonly endpoint: string; readonly p256dh: string; readonly auth: string };

export type PushPlatform = PushAddress['platform'];

export type PushDevice = PushAddress & { readonly id: string };

/** A device as its user sees it. */
export interface RegisteredDevice {
  readonly id: string;
  readonly platform: PushPlatform;
  readonly lastSeenAt: Date;
}

const DEVICES_OF_A_USER = 20;

/** Registers a device, which leaves whoever had it before; beyond 20 a user's longest unseen ones are let go. */
export async function savePushDevice(tx: Tx, userId: string, device: PushAddress): Promise<RegisteredDevice> {
  const [address, keys] = device.platform === 'fcm' ? [device.token, undefined] : [device.endpoint, device];
  const [row] = await tx<RegisteredDevice[]>`
    insert into push_device (id, user_id, platform, address, p256dh, auth)
    values (${uuidv7()}, ${userId}, ${device.platform}, ${address}, ${keys?.p256dh ?? null}, ${keys?.auth ?? null})
    on conflict (address) do update
    set id           = case push_device.user_id when excluded.user_id then push_device.id else excluded.id end,
        user_id      = excluded.user_id,
        platform     = excluded.platform,
        p256dh       = excluded.p256dh,
        auth         = excluded.auth,
        last_seen_at = now()
    returning id, platform, last_seen_at as "lastSeenAt"
  `;
  await tx`
    delete from push_device
    where id in (
      select id from push_device where user_id = ${userId}
      order by last_seen_at desc, id desc
      offset ${DEVICES_OF_A_USER}
    )
  `;
  if (row === undefined) throw new Error('an upsert returned no row');
  return row;
}

/** Lists a user's devices without the addresses that reach them, the last seen first. */
export const listPushDevices = (db: Db, userId: string) => db<RegisteredDevice[]>`
  select id, platform, last_seen_at as "lastSeenAt" from push_device where user_id = ${userId} order by last_seen_at desc, id desc
`;

/** Finds a user's device without the address that reaches it. */
export async function findPushDevice(db: Db, userId: string, id: string): Promise<RegisteredDevice | undefined> {
  const [device] = await db<RegisteredDevice[]>`
    select id, platform, last_seen_at as "lastSeenAt" from push_device where id = ${id} and user_id = ${userId}
  `;
  return device;
}

/** Whether the user had it. */
export async function removePushDevice(tx: Tx, userId: string, id: string): Promise<boolean> {
  return (await tx`delete from push_device where id = ${id} and user_id = ${userId}`).count > 0;
}

/** Drops devices that their provider no longer knows. */
export async function forgetPushDevices(db: Db, ids: readonly string[]): Promise<void> {
  if (ids.length > 0) await db`delete from push_device where id = any(${[...ids]}::uuid[])`;
}

/** The devices by user id; who has none is missing from the map. */
export async function readPushDevices(
  db: Db,
  userIds: readonly string[],
  platforms: readonly PushPlatform[],
): Promise<Map<string, PushDevice[]>> {
  if (userIds.length === 0 || platforms.length === 0) return new Map();
  const rows = await db<DeviceRow[]>`
    select id, user_id as "userId", platform, address, p256dh, auth from push_device
    where user_id = any(${[...userIds]}::uuid[]) and platform = any(${[...platforms]}::text[])
    order by id
  `;
  const devices = new Map<string, PushDevice[]>();
  for (const { userId, ...row } of rows) devices.set(userId, [...(devices.get(userId) ?? []), toDevice(row)]);
  return devices;
}

interface DeviceRow {
  readonly id: string;
  readonly userId: string;
  readonly platform: PushPlatform;
  readonly address: string;
  readonly p256dh: string | null;
  readonly auth: string | null;
}

function toDevice({ id, platform, address, p256dh, auth }: Omit<DeviceRow, 'userId'>): PushDevice {
  if (platform === 'fcm') return { id, platform, token: address };
  return { id, platform, endpoint: address, p256dh: p256dh ?? '', auth: auth ?? '' };
}
