import type { Step } from '../notifications/notification-audit.ts';
import type { Tone } from '../kit/parts.ts';
import type { HappenedStep } from './timeline-steps.ts';
import { type Language, words } from '../kit/words.ts';

const said = words({
  en: { decision: 'decision', attempt: 'attempt', receipt: 'the provider reports' },
  es: { decision: 'decisión', attempt: 'intento', receipt: 'el proveedor informa' },
});

/** What was decided, tried and reported of notifications, for a timeline. */
export const toldSteps = (told: readonly Step[], language: Language): readonly HappenedStep[] =>
  told.map(({ at, channel, kind, what, detail }) => ({ at, tone: toneOf(what), what: `${channel}: ${said[language][kind]} ${what}`, detail }));

const toneOf = (what: string): Tone =>
  /rejected|failed|unknown|unreachable|unavailable|unauthorized/.test(what) ? 'bad' : /suppressed|held|deferred|limited/.test(what) ? 'warn' : /sent|delivered|read/.test(what) ? 'good' : 'calm';
