import type { Leave, SendingRow } from './sending.ts';
import type { Decision } from '../decide/decision.ts';
import { quietUntil } from './quiet-hours.ts';
import type { Importance } from '../templates/template-contract.ts';

/** What decides whether a notification leaves now. */
export type SendingFacts = Pick<SendingRow, 'now' | 'expiresAt' | 'visit' | 'outdated' | 'quietHours' | 'throttledUntil'> & {
  readonly importance: Importance;
};

/** Whether a notification leaves now: what is of no use any more never does, what is critical waits for nothing. */
export function maySend(facts: SendingFacts): Leave {
  const { importance, now, expiresAt, visit, throttledUntil } = facts;
  if (visit?.stands === false) return expired('the visit was called off');
  if (visit && expiresAt && visit.startsAt.getTime() !== expiresAt.getTime()) return expired('the visit is at another time');
  if (expiresAt !== null && expiresAt <= now) return expired(`was of use until ${expiresAt.toISOString()}`);
  if (facts.outdated !== null) return expired(facts.outdated);

  const quietEnd = facts.quietHours && quietUntil(facts.quietHours, now);
  if (quietEnd !== undefined && importance === 'critical') {
    const decision: Decision = { rule: 'quiet hours', verdict: 'allowed', detail: importance };
    return { verdict: 'send', decision };
  }
  if (quietEnd !== undefined) return held('quiet hours', quietEnd);
  if (throttledUntil !== undefined && importance !== 'critical') return held('throttle', throttledUntil);
  return { verdict: 'send' };
}

function expired(detail: string): Leave {
  const decision: Decision = { rule: 'expiry', verdict: 'suppressed', detail };
  return { verdict: 'suppressed', decision };
}

function held(rule: 'quiet hours' | 'throttle', until: Date): Leave {
  const decision: Decision = { rule, verdict: 'held', detail: `until ${until.toISOString()}` };
  return { verdict: 'held', until, decision };
}
