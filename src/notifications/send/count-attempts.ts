import { Counter, type Registry } from 'prom-client';
import type { SendPorts } from './send-ports.ts';

const CHANNELS = ['email', 'push', 'whatsapp'] as const;
const OUTCOMES = ['sent', 'rejected', 'deferred', 'limited', 'unavailable', 'unauthorized', 'unreachable', 'unknown'] as const;

/** Counts what became of attempts to notify, by channel. Each series is there from the start: the first refusal is an increase then. */
export function countAttempts(registry: Registry): SendPorts['onAttempt'] {
  const attempts = new Counter({
    name: 'notification_attempts_total', help: 'Attempts to notify by a channel, by what became of them',
    labelNames: ['channel', 'outcome'], registers: [registry],
  });
  for (const channel of CHANNELS) for (const outcome of OUTCOMES) attempts.inc({ channel, outcome }, 0);
  return (channel, outcome) => attempts.inc({ channel, outcome });
}
