import { html } from 'hono/html';
import { z } from 'zod';
import type { Api, ApiDeps } from '../../api/http/context.ts';
import { readCursor, writeCursor } from '../../api/http/cursor.ts';
import { code, limit } from '../../api/http/fields.ts';
import { paymentProviders } from '../../api/webhooks/payments-webhook.ts';
import { none } from '../../api/http/route.ts';
import { whatsApp } from '../../api/webhooks/whatsapp-webhook.ts';
import type { WebhookSummary } from '../../documents/document-store.ts';
import { page } from '../kit/page.ts';
import { filters, pager, table, time } from '../kit/parts.ts';
import { type Html, UI } from '../kit/shell.ts';
import { said, standingBadge } from './webhook-words.ts';
import { common } from '../kit/words.ts';

export const WEBHOOKS = `${UI}/webhooks`;
const SCOPE = 'webhooks';
const VERDICTS = ['valid', 'refused'] as const;
const SHOWN = 28; // characters of an id
const position = z.tuple([z.iso.datetime(), z.string().max(600).regex(/^[^\0]*$/)]);

const list = {
  path: WEBHOOKS,
  params: none,
  // A delivery's id is part of the cursor, and providers choose it.
  query: z.strictObject({ provider: code.optional(), verdict: z.enum(VERDICTS).optional(), limit, cursor: z.string().min(1).max(2_000).optional() }),
};

/** What providers sent, and how it stands. */
export function webhookPages(api: Api, deps: ApiDeps): void {
  page(api, deps, list, async ({ viewer: { language }, query }) => {
    const say = { ...common[language], ...said[language] };
    const { limit: size, cursor, provider, verdict } = query;
    const [at, key = ''] = cursor === undefined ? [] : readCursor(SCOPE, position, cursor);
    const rows = await deps.documents.listWebhooks({
      provider,
      isRefused: verdict === undefined ? undefined : verdict === 'refused',
      before: at === undefined ? undefined : { receivedAt: new Date(at), key },
      limit: size + 1,
    });
    const shown = rows.slice(0, size);
    const last = rows.length > size ? shown.at(-1) : undefined;
    const nextCursor = last === undefined ? null : writeCursor(SCOPE, [last.receivedAt.toISOString(), last.key]);
    return {
      title: say.webhooks,
      body: html`
        ${filters([
          { name: 'provider', label: say.provider, value: provider, choices: [...paymentProviders, whatsApp] },
          { name: 'verdict', label: say.verdict, value: verdict, choices: VERDICTS },
        ], language)}
        ${table({
          label: say.webhooks, language,
          head: [say.received, say.provider, say.delivery, say.standing, say.verdict],
          rows: shown.map((row) => [time(row.receivedAt), row.provider, link(row, say.unnamed), standingBadge(row.standing, language), row.verdict]),
        })}
        ${pager({ query, nextCursor, language })}`,
    };
  });
}

/** An address can't end in an id that is empty or dots; anybody may send such a one, and it was refused. */
function link({ provider, deliveryId }: WebhookSummary, unnamed: string): Html {
  const short = deliveryId.length > SHOWN ? `${deliveryId.slice(0, SHOWN)}…` : deliveryId;
  if (/^\.{0,2}$/.test(deliveryId)) return html`<span class="soft">${short || unnamed}</span>`;
  return html`<a href="${WEBHOOKS}/${provider}/${encodeURIComponent(deliveryId)}" title="${deliveryId}"><code>${short}</code></a>`;
}
