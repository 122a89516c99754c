import { mkdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { openLog } from '../../src/platform/log.ts';
import { openPatientRedis } from '../../src/platform/redis.ts';
import { openStage } from '../stage.ts';
import { UNLIMITED } from '../unbounded.ts';

/** Seconds that make a campaign short; the mechanisms are those of production. */
const HASTE = { SWEEP_GRACE_SECONDS: '3', LOCK_SECONDS: '4', CANARY_SECONDS: '20', STOP_SECONDS: '10' };
export const LOCK_MS = 4_000;
const FAILPOINTS = new URL('../../.columna/failpoints/', import.meta.url);

export interface WorldOptions {
  readonly mutant?: string | undefined;
  /** True to offer push and WhatsApp too, to sandboxes in this process. */
  readonly channels?: boolean;
  readonly env?: NodeJS.ProcessEnv;
}

/** The whole system under attack. */
export async function openWorld({ mutant, channels = false, env = {} }: WorldOptions) {
  const failpoints = join(FAILPOINTS.pathname, String(process.pid));
  rmSync(failpoints, { recursive: true, force: true });
  mkdirSync(failpoints, { recursive: true });
  const ends: { readonly name: string; readonly how: string }[] = [];
  const started = new Set<string>();
  const onLine = (name: string, line: string) => {
    if (line.includes('"msg":"started"')) started.add(name);
    const how = /^ended by (.+), starts again/.exec(line)?.[1];
    if (how === undefined) return;
    ends.push({ name, how });
    started.delete(name);
  };
  const preload = ['failpoint.ts', 'mutate.ts'];
  const stage = await openStage({
    folder: 'chaos',
    documents: 'none',
    proxied: true,
    channels: channels && 'secure',
    env: { ...HASTE, ...UNLIMITED, LOG_LEVEL: 'info', MONGODB_URL: undefined, FAILPOINTS: failpoints, MUTANT: mutant, ...env },
    preload: preload.map((file) => new URL(file, import.meta.url)),
    onLine,
  });
  const log = openLog({ process: 'chaos', level: 'silent' });
  const redis = openPatientRedis({ url: stage.services.redisUrl, name: 'chaos', log });
  return {
    ...stage, failpoints, redis, ends, started,
    secrets: [...stage.secrets, ...(stage.channels === undefined ? [] : [`${stage.channels.webPush.url}/push/`])],
    async close() {
      redis.disconnect();
      await stage[Symbol.asyncDispose]();
      rmSync(failpoints, { recursive: true });
    },
  };
}

export type World = Awaited<ReturnType<typeof openWorld>>;

/** The sandboxes of push and WhatsApp, in a campaign that asked for them. */
export function channelsOf({ channels }: World): NonNullable<World['channels']> {
  if (channels === undefined) throw new Error('this campaign has no push and no WhatsApp');
  return channels;
}
