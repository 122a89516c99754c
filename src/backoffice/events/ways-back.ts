import { html } from 'hono/html';
import { z } from 'zod';
import type { Api, ApiDeps } from '../../api/http/context.ts';
import { line, uuid } from '../../api/http/fields.ts';
import { Problem } from '../../api/http/problem.ts';
import type { EventView } from './outbox-events.ts';
import type { PlacedHop } from './place-deliveries.ts';
import { NotRetryable, retryEvents } from './retry-events.ts';
import { action, onceField } from '../kit/action.ts';
import { DEAD_LETTERS } from '../dead-letters/dead-letters-page.ts';
import { search } from '../kit/parts.ts';
import { type Html, UI, type Viewer } from '../kit/shell.ts';
import { common, words } from '../kit/words.ts';

const said = words({
  en: { publish: 'Publish again', retry: 'Retry at', discard: 'Discard at' },
  es: { publish: 'Publicar otra vez', retry: 'Reintentar en', discard: 'Descartar en' },
});

/** What an operator can do for an event that can't be published, or is dead somewhere; nothing for who may only read. */
export function waysBack({ event, hops }: { readonly event: EventView; readonly hops: readonly PlacedHop[] }, { language, mayWrite }: Viewer): Html {
  const say = { ...common[language], ...said[language] };
  const { eventId } = event;
  const dead = hops.filter(({ place, resolution }) => place === 'dead' && resolution === null);
  if (!mayWrite) return html``;
  if (event.status === 'failed') {
    return html`<form method="post" action="${UI}/events/${eventId}/publish" class="actions">${onceField()}
        <label>${say.reason}<input name="reason" required maxlength="500" autocomplete="off" /></label><button>${say.publish}</button></form>`;
  }
  return html`${dead.map(({ consumer }) => html`<p class="actions">
      <a class="button" href="${DEAD_LETTERS}/retry?${search({ consumer, eventId })}">${say.retry} ${consumer} …</a>
      <a class="button quiet" href="${DEAD_LETTERS}/discard?${search({ consumer, eventId })}">${say.discard} ${consumer} …</a></p>`)}`;
}

/** Gives an event that could not be published back to the relay. */
export function publishAgainAction(api: Api, deps: ApiDeps): void {
  const route = { path: '/events/:id/publish', params: z.strictObject({ id: uuid }), form: z.strictObject({ reason: line(500) }) };
  action(api, deps, route, async ({ tx, params: { id }, form: { reason }, record }) => {
    const outcome = await retryEvents(tx, [id]).catch((error: unknown) => {
      if (!(error instanceof NotRetryable)) throw error;
    });
    if (outcome?.events !== 1) throw new Problem(409, 'Only events that failed to publish can be retried.');
    await record('retry-events', { by: 'id', eventIds: [id], reason }, { ...outcome });
    return `${UI}/events/${id}`;
  });
}
