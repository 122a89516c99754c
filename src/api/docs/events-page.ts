import { etag } from 'hono/etag';
import { html } from 'hono/html';
import { cloudEventType } from '../../events/contract/cloud-event.ts';
import { asyncApiDocument } from './asyncapi.ts';
import type { Api, ApiDeps } from '../http/context.ts';

const CSP = "default-src 'none'; img-src data:; style-src 'unsafe-inline'; frame-ancestors 'none'";

interface Payload {
  readonly properties: Readonly<Record<string, object>>;
  readonly required?: readonly string[];
}

/** The AsyncAPI document of the events and a page to read it, which needs neither scripts nor an outside network. */
export function eventsPageRoutes(api: Api, { config }: Pick<ApiDeps, 'config'>): void {
  const document = asyncApiDocument(config.PUBLIC_URL);
  api.get('/asyncapi.json', etag(), (c) => c.json(document, 200, { 'Cache-Control': 'no-cache' }));
  api.get('/events', (c) => c.html(page(document), 200, { 'Content-Security-Policy': CSP }));
}

function page(document: Record<string, unknown>) {
  const { schemas } = document['components'] as { readonly schemas: Readonly<Record<string, Payload>> };
  const events = Object.entries(schemas).filter(([name]) => name !== 'CloudEvent');
  return html`<!doctype html>
<html lang="en">
  <head>
    <meta charset="utf-8" />
    <meta name="viewport" content="width=device-width" />
    <title>Columna’s events</title>
    <link rel="icon" href="data:," />
    <style>
      :root { color-scheme: light dark; }
      body { font: 16px/1.5 system-ui, sans-serif; max-width: 60rem; margin: 2rem auto; padding: 0 1rem; }
      nav a { margin-right: 0.8rem; }
      table { border-collapse: collapse; table-layout: fixed; width: 100%; margin-bottom: 2rem; }
      th:first-child { width: 35%; }
      th, td { text-align: left; vertical-align: top; padding: 0.3rem 0.8rem 0.3rem 0; border-bottom: 1px solid #8884; }
      code { font-size: 0.9em; overflow-wrap: anywhere; }
    </style>
  </head>
  <body>
    <h1>Columna’s events</h1>
    <p>
      Facts that happened. Subscribers read them as CloudEvents at
      <code>GET /backoffice/events/cloudevents</code>, at least once and in no order: recognise repetitions by <code>id</code>. The tables show <code>data</code>. The document is
      <a href="/asyncapi.json">/asyncapi.json</a>.
    </p>
    <nav>${events.map(([name]) => html`<a href="#${name}">${name.split('.')[0]}</a> `)}</nav>
    ${events.map(([name, schema]) => section(name, schema))}
  </body>
</html>`;
}

function section(name: string, { properties, required = [] }: Payload) {
  const rows = Object.entries(properties).map(
    ([field, { ...facts }]) => html`<tr>
        <td><code>${field}</code>${required.includes(field) ? '' : ' (optional)'}</td>
        <td><code>${summary(facts)}</code></td>
      </tr>`,
  );
  const [type = '', version] = name.split('.v');
  return html`<h2 id="${name}">${type}</h2>
    <p><code>${cloudEventType(type, Number(version))}</code></p>
    <table><thead><tr><th>field</th><th>type</th></tr></thead><tbody>${rows}</tbody></table>`;
}

interface Facts {
  readonly type?: string;
  readonly format?: string;
  readonly enum?: readonly unknown[];
  readonly anyOf?: readonly Facts[];
  readonly properties?: Readonly<Record<string, Facts>>;
}

function summary({ type = '', format, enum: members, anyOf, properties }: Facts): string {
  if (anyOf !== undefined) return anyOf.map(summary).join(' or ');
  if (members !== undefined) return members.map((member) => JSON.stringify(member)).join(' | ');
  if (properties !== undefined) {
    return `{ ${Object.entries(properties).map(([field, facts]) => `${field}: ${summary(facts)}`).join(', ')} }`;
  }
  return format ?? type;
}
