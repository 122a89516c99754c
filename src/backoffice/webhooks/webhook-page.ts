import { html } from 'hono/html';
import { z } from 'zod';
import type { Api, ApiDeps } from '../../api/http/context.ts';
import { correlationOfWebhook } from '../../api/webhooks/correlation-of-webhook.ts';
import { code, line } from '../../api/http/fields.ts';
import { notFound } from '../../api/http/problem.ts';
import { none } from '../../api/http/route.ts';
import { DELIVERY_ID_LIMIT, type StoredWebhook } from '../../documents/document-store.ts';
import { readFamily } from '../events/timeline.ts';
import { mayKnow } from '../../api/http/personal-data.ts';
import { familyTree } from '../events/family-tree.ts';
import { page } from '../kit/page.ts';
import { facts, time } from '../kit/parts.ts';
import type { Html, Viewer } from '../kit/shell.ts';
import { webhookPayload } from './webhook-payload.ts';
import { said, standingBadge } from './webhook-words.ts';
import { WEBHOOKS } from './webhooks-page.ts';

const MOST_SHOWN = 20;
const MOST_CHARACTERS = 64 * 1_024;

const one = {
  path: `${WEBHOOKS}/:provider/:deliveryId`,
  params: z.strictObject({ provider: code, deliveryId: line(DELIVERY_ID_LIMIT) }),
  query: none,
};

/** Everything received under one id of a provider's, and the events that it set off. */
export function webhookDeliveryPage(api: Api, deps: ApiDeps): void {
  page(api, deps, one, async ({ viewer, params }) => {
    const say = said[viewer.language];
    const [history, family] = await Promise.all([
      deps.documents.webhookHistory(params.provider, params.deliveryId),
      readFamily(deps.sql, correlationOfWebhook(params)),
    ]);
    if (history.length === 0) throw notFound();
    const rest = history.length - MOST_SHOWN;
    return {
      title: `${params.provider}: ${params.deliveryId}`,
      body: html`${history.slice(0, MOST_SHOWN).map((received) => reception(received, viewer))}
        ${rest > 0 ? html`<p class="soft">+ ${rest} ${say.more}</p>` : ''}
        <h2>${say.caused}</h2>${family.length === 0 ? html`<p class="empty">${say.nothing}</p>` : familyTree(family)}`,
    };
  });
}

function reception({ rawBody, headers, standing, verdict, receivedAt }: StoredWebhook, { language, operator }: Viewer): Html {
  const knows = mayKnow(operator);
  const say = said[language];
  const payload = webhookPayload(rawBody, { mayKnow: knows });
  return html`<section class="card">
      <h2>${say.received} ${time(receivedAt)}</h2>
      ${facts([[say.standing, standingBadge(standing, language)], [say.verdict, verdict]])}
      <h3>${say.headers}</h3>
      ${facts(Object.entries(headers).map(([name, value]) => [name, html`<code>${value}</code>`] as const))}
      <h3>${say.payload}</h3>
      ${knows || payload === undefined ? '' : html`<p class="soft">${say.masked}</p>`}
      ${payload === undefined ? html`<p class="soft">${say.hidden}</p>` : html`<pre tabindex="0" class="wrapped">${payload.slice(0, MOST_CHARACTERS)}</pre>`}
      ${payload !== undefined && payload.length > MOST_CHARACTERS ? html`<p class="soft">${say.cut}</p>` : ''}
    </section>`;
}
