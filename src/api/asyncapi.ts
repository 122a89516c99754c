import { z } from 'zod';
import { contracts } from '../events/index.ts';

const HEADERS = {
  type: 'object',
  required: ['eventId', 'eventType', 'occurredAt', 'schemaVersion', 'correlationId'],
  properties: {
    eventId: { type: 'string', format: 'uuid', description: 'UUIDv7; unique.' },
    eventType: { type: 'string' },
    occurredAt: { type: 'string', format: 'date-time' },
    tenantId: { type: 'string', format: 'uuid' },
    actorUserId: { type: 'string', format: 'uuid' },
    schemaVersion: { type: 'integer', minimum: 1 },
    correlationId: { type: 'string', format: 'uuid', description: 'Shared by all that one request set off.' },
    causationId: { type: 'string', format: 'uuid', description: 'The event that caused this one.' },
    traceparent: { type: 'string', description: 'W3C trace context.' },
  },
};

/** Every event type as an AsyncAPI 3 document; `serverUrl` is where outside readers fetch events. */
export function asyncApiDocument(serverUrl: string): Record<string, unknown> {
  const each = <T>(make: (contract: (typeof contracts)[number]) => readonly [string, T]) => Object.fromEntries(contracts.map(make));
  const { host, protocol, pathname } = new URL(serverUrl);
  return {
    asyncapi: '3.0.0',
    info: {
      title: 'Columna’s events',
      version: '1.0.0',
      description: 'Facts that happened. At least once, in no order: recognise repetitions by eventId.',
    },
    defaultContentType: 'application/json',
    servers: { feed: { host, protocol: protocol.replace(':', ''), pathname } },
    channels: each(({ type }) => [
      type,
      { address: type, description: 'One event type.', messages: { [type]: { $ref: `#/components/messages/${type}` } } },
    ]),
    operations: each(({ type }) => [
      `receive${type}`,
      { action: 'receive', channel: { $ref: `#/channels/${type}` }, messages: [{ $ref: `#/channels/${type}/messages/${type}` }] },
    ]),
    components: {
      messages: each(({ type, version }) => [
        type,
        {
          name: type,
          title: `${type} version ${version}`,
          contentType: 'application/json',
          headers: { $ref: '#/components/schemas/envelope' },
          payload: { $ref: `#/components/schemas/${type}.v${version}` },
        },
      ]),
      schemas: { envelope: HEADERS, ...each(({ type, version, schema }) => [`${type}.v${version}`, payloadSchema(schema)]) },
    },
  };
}

function payloadSchema(schema: z.ZodType): Record<string, unknown> {
  const { $schema: _, ...rest } = z.toJSONSchema(schema) as Record<string, unknown>;
  return rest;
}
