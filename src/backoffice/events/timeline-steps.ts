import { html } from 'hono/html';
import { isOfWebhook } from '../../api/webhooks/correlation-of-webhook.ts';
import type { Step } from '../notifications/notification-audit.ts';
import type { EventView } from './outbox-events.ts';
import type { Relative } from './timeline.ts';
import type { Place, PlacedHop } from './place-deliveries.ts';
import type { Tone } from '../kit/parts.ts';
import { type Html, UI } from '../kit/shell.ts';
import { toldSteps } from './told-steps.ts';
import { type Language, words } from '../kit/words.ts';

/** One thing that happened, or that has not happened yet. */
export interface TimelineStep {
  /** Absent for what is still to come. */
  readonly at?: Date | undefined;
  readonly tone: Tone;
  readonly what: Html | string;
  readonly detail?: Html | string | null | undefined;
}

export type HappenedStep = TimelineStep & { readonly at: Date };

export interface Happened {
  readonly event: EventView;
  readonly hops: readonly PlacedHop[];
  readonly told: readonly Step[];
  /** Events that this one caused. */
  readonly followers: readonly Relative[];
}

const said = words({
  en: {
    caused: 'caused by an event', asked: 'set off by a request or a job', webhook: 'set off by a webhook', committed: 'committed', published: 'published', unpublishable: 'can’t be published',
    consumed: 'consumed by', failed: 'failed at', attempt: 'attempt', gaveUp: 'dead letter at', again: 'published again to', retried: 'retried by an operator at', discarded: 'discarded by an operator at',
    followed: 'appended', notYet: 'not published yet', due: 'waits for room in the queue of', waiting: 'waits in the queue of', active: 'in progress at', delayed: 'waits to be retried by', missing: 'MISSING at', unseen: 'in a batch of',
    missingWhy: 'neither consumed, nor dead, nor waiting, nor in its queue; the sweep will publish it again', unseenWhy: 'Redis is unavailable: its queue cannot be seen', until: 'until',
  },
  es: {
    caused: 'causado por un evento', asked: 'desencadenado por una petición o una tarea', webhook: 'desencadenado por un webhook', committed: 'confirmado', published: 'publicado', unpublishable: 'no se puede publicar',
    consumed: 'consumido por', failed: 'falló en', attempt: 'intento', gaveUp: 'entrega muerta en', again: 'publicado otra vez para', retried: 'reintentado por un operador en', discarded: 'descartado por un operador en',
    followed: 'añadió', notYet: 'aún sin publicar', due: 'espera lugar en la cola de', waiting: 'espera en la cola de', active: 'en curso en', delayed: 'espera su reintento en', missing: 'FALTA en', unseen: 'en un lote de',
    missingWhy: 'ni consumido, ni muerto, ni en espera, ni en su cola; el barrido lo publicará otra vez', unseenWhy: 'Redis no está disponible: no se ve su cola', until: 'hasta',
  },
});
type Say = (typeof said)[Language];

/** Everything on record of an event, in its order; what is open or missing comes last. */
export function stepsOf({ event, hops, told, followers }: Happened, language: Language): readonly TimelineStep[] {
  const say = said[language];
  const cause = event.causationId;
  const asked = isOfWebhook(event.correlationId) ? say.webhook : say.asked;
  const happened = [
    step(event.createdAt, 'calm', cause === null ? asked : html`${say.caused} <a href="${UI}/events/${cause}"><code>${cause.slice(-12)}</code></a>`),
    step(event.createdAt, 'good', say.committed),
    step(event.publishedAt, 'good', say.published),
    ...hops.map((hop) => hopSteps(hop, say)),
    ...toldSteps(told, language),
    ...followers.map(({ eventId, eventType, createdAt }) => step(createdAt, 'calm', html`${say.followed} <a href="${UI}/events/${eventId}">${eventType}</a>`)),
  ].flat();
  return [...happened.toSorted((a, b) => a.at.getTime() - b.at.getTime()), ...openSteps({ event, hops }, say)];
}

/** A step, where it has happened. */
const step = (at: Date | null, tone: Tone, what: Html | string, detail?: string | null): readonly HappenedStep[] =>
  at === null ? [] : [{ at, tone, what, detail }];

function hopSteps({ consumer, ...hop }: PlacedHop, say: Say): readonly HappenedStep[] {
  const { attempts, isDead, resolution, resolvedAt } = hop;
  const resolved = { retried: say.retried, discarded: say.discarded, consumed: undefined }[resolution ?? 'consumed'];
  return [
    step(hop.republishedAt, 'warn', `${say.again} ${consumer}`, `${hop.epoch}: ${hop.republishedWhy}`),
    step(attempts > 1 ? hop.firstFailedAt : null, 'warn', `${say.failed} ${consumer}`),
    step(hop.lastFailedAt, isDead ? 'bad' : 'warn', `${isDead ? say.gaveUp : say.failed} ${consumer}`, `${say.attempt} ${attempts}: ${hop.error}`),
    step(resolved === undefined ? null : resolvedAt, 'calm', `${resolved} ${consumer}`),
    step(hop.consumedAt, 'good', `${say.consumed} ${consumer}`),
  ].flat();
}

function openSteps({ event, hops }: Pick<Happened, 'event' | 'hops'>, say: Say): readonly TimelineStep[] {
  if (event.status === 'failed') return [{ tone: 'bad', what: say.unpublishable, detail: event.failure }];
  if (event.status === 'pending') return [{ tone: 'bad', what: say.notYet }];
  const shown: Partial<Record<Place, Omit<TimelineStep, 'at'>>> = {
    due: { tone: 'warn', what: say.due },
    waiting: { tone: 'warn', what: say.waiting },
    active: { tone: 'calm', what: say.active },
    delayed: { tone: 'warn', what: say.delayed },
    missing: { tone: 'bad', what: say.missing, detail: say.missingWhy },
    unseen: { tone: 'warn', what: say.unseen, detail: say.unseenWhy },
  };
  return hops.flatMap(({ place, consumer, waitsFor, waitsUntil }) => {
    const step = shown[place];
    if (step === undefined) return [];
    const detail = waitsFor === null || waitsUntil === null ? step.detail : `${waitsFor}, ${say.until} ${waitsUntil.toISOString()}`;
    return [{ ...step, what: `${String(step.what)} ${consumer}`, detail }];
  });
}
