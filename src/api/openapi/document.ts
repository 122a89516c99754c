import { answerHeaders } from '../http/answers.ts';
import type { Api } from '../http/context.ts';
import { addExamples } from './add-examples.ts';
import { nameSchemas } from './name-schemas.ts';
import { shareProblems } from './share-problems.ts';
import type { Document } from './shapes.ts';

const TAGS: Readonly<Record<string, string>> = {
  ambassadors: 'What ambassadors earn',
  analytics: 'Visits to listings',
  appointments: 'Visits to customers',
  backoffice: 'Operators’ work',
  branches: 'Places of tenants',
  disputes: 'Contested charges and payments',
  invoices: 'Invoices and credit notes',
  leads: 'People who may become customers',
  listings: 'Offers of tenants',
  memberships: 'Invitations to work for a tenant',
  notifications: 'The in-app inbox',
  quotes: 'Prices of tickets',
  rankings: 'Listings of a zone, the best first',
  reviews: 'What customers say of tenants',
  tenants: 'Companies and their accounts',
  tickets: 'Requests for a service',
  users: 'The caller’s addresses, devices and preferences',
  webhooks: 'Reports of providers',
};

/** An SPDX expression; the generator's types know OpenAPI 3.0 only. */
const LICENSE_ID = { identifier: 'LicenseRef-TechMarket-AI' };

const DESCRIPTION = `The event backbone of TechMarket AI.

- Every write takes an \`Idempotency-Key\`: a repetition gets the first answer.
- Errors are problem documents (RFC 9457). Decide by \`code\`; \`type\` is a page that explains it.
- Lists are read page by page: give \`nextCursor\` back as \`cursor\` until it is null.
- Amounts are in minor units of their currency. Instants are ISO 8601 in UTC.
- Events for subscribers are in the [AsyncAPI document](/asyncapi.json).`;

/** Describes the API as OpenAPI 3.1. `publicUrl` is where clients reach it. */
export function openApiDocument(api: Api, publicUrl: string): Document {
  const registry = api.openAPIRegistry;
  registry.registerComponent('securitySchemes', 'bearer', {
    type: 'http',
    scheme: 'bearer',
    bearerFormat: 'JWT',
    description: 'A token of TechMarket AI. Its roles decide what it may do.',
  });
  for (const [name, { description, example }] of Object.entries(answerHeaders)) {
    registry.registerComponent('headers', name, {
      description,
      schema: { type: typeof example === 'number' ? 'integer' : 'string' },
      example,
    });
  }
  const generated = api.getOpenAPI31Document({
    openapi: '3.1.0',
    info: {
      title: 'Columna',
      version: '1',
      description: DESCRIPTION,
      contact: { name: 'TechMarket AI', url: publicUrl },
      license: { name: 'Proprietary', ...LICENSE_ID },
    },
    servers: [{ url: publicUrl, description: 'This deployment' }],
  });
  const named = nameSchemas(generated as unknown as Document);
  return { ...shareProblems(addExamples(named, publicUrl)), tags: tagsOf(named) };
}

function tagsOf({ paths }: Document) {
  const used = new Set(Object.values(paths).flatMap((methods) => Object.values(methods).flatMap(({ tags }) => tags)));
  return [...used].toSorted().map((name) => ({ name, description: TAGS[name] ?? name }));
}
