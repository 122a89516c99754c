import { readFileSync } from 'node:fs';
import type { World } from './world.ts';

/** A message that a provider took, from the provider's own log. */
export interface Accepted {
  readonly channel: 'email' | 'push' | 'whatsapp';
  readonly notificationId: string;
  readonly address: string;
  /** When it was taken, by this machine's clock, in milliseconds since 1970. */
  readonly atMs: number;
}

type Line = Readonly<Record<string, string>> & {
  readonly to: string | readonly string[];
  readonly data: { readonly notificationId: string };
  readonly payload: { readonly notificationId: string };
};

/** Everything that providers took, oldest first. */
export function readAccepted({ mailLogFile, channels }: Pick<World, 'mailLogFile' | 'channels'>): readonly Accepted[] {
  const { fcm, webPush, whatsApp } = channels?.logFiles ?? {};
  return [
    ...read('email', mailLogFile, ({ notificationId, to }) => [notificationId, to[0]]),
    ...read('push', fcm, ({ data, token }) => [data.notificationId, token]),
    ...read('push', webPush, ({ payload, subscriptionId }) => [payload.notificationId, subscriptionId]),
    ...read('whatsapp', whatsApp, ({ callbackData, to }) => [callbackData, String(to)]),
  ].toSorted((one, other) => one.atMs - other.atMs);
}

function read(
  channel: Accepted['channel'],
  logFile: string | undefined,
  of: (line: Line) => readonly [notificationId: string | undefined, address: string | undefined],
): readonly Accepted[] {
  const lines = logFile === undefined ? [] : readFileSync(logFile, 'utf8').split('\n').filter(Boolean);
  return lines.map((text) => {
    const line = JSON.parse(text) as Line;
    const [notificationId = '', address = ''] = of(line);
    return { channel, notificationId, address, atMs: Date.parse(line['at'] ?? '') };
  });
}
