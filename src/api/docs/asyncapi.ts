import { z } from 'zod';
import { contracts } from '../../events/index.ts';
import { cloudEventType, dataSchemaOf } from '../../events/contract/cloud-event.ts';
import type { AnyContract } from '../../events/contract/event.ts';
import { composeExample } from '../openapi/add-examples.ts';
import { EXAMPLE_ID } from '../openapi/examples.ts';
import type { Schema } from '../openapi/shapes.ts';

const PATH = '/backoffice/events/cloudevents';
const uuid = { type: 'string', format: 'uuid' };

/** The envelope of every event, by CloudEvents 1.0. */
const ENVELOPE = {
  type: 'object',
  required: [
    'specversion',
    'id',
    'source',
    'type',
    'subject',
    'time',
    'datacontenttype',
    'dataschema',
    'correlationid',
    'data',
  ],
  properties: {
    specversion: { const: '1.0' },
    id: { ...uuid, description: 'UUIDv7. An event that is read twice keeps it.' },
    source: { type: 'string', format: 'uri' },
    type: { type: 'string', description: 'In reverse DNS, with the version of `data`.' },
    subject: { ...uuid, description: 'Id of the resource that the event is about.' },
    time: { type: 'string', format: 'date-time' },
    datacontenttype: { const: 'application/json' },
    dataschema: { type: 'string', format: 'uri', description: 'Address of the schema of `data`.' },
    tenantid: { ...uuid, description: 'The tenant that the event belongs to.' },
    correlationid: { ...uuid, description: 'Shared by all events that one request caused.' },
    causationid: { ...uuid, description: 'Id of the event that caused this one.' },
    traceparent: { type: 'string', description: 'W3C trace context.' },
    data: { type: 'object' },
  },
};

const BINDINGS = {
  http: {
    method: 'GET',
    bindingVersion: '0.3.0',
    query: {
      type: 'object',
      properties: {
        type: { type: 'string', description: 'Only this type, such as ai.techmarket.TicketCreated.v1.' },
        limit: { type: 'integer', minimum: 1, maximum: 100, default: 50 },
        cursor: { type: 'string', description: 'The header Next-Cursor of the page before.' },
      },
    },
  },
};

const DESCRIPTION =
  'A subscriber reads pages of CloudEvents 1.0 (application/cloudevents-batch+json), one minute behind the present, ' +
  'and gives the header Next-Cursor back as cursor. Every event comes at least once, in no order: recognise ' +
  'repetitions by id. ' +
  'Texts are masked for a token without the role backoffice:write.';

const ref = (kind: string, name: string) => ({ $ref: `#/components/${kind}/${name}` });

/** Describes what subscribers receive as AsyncAPI 3. `publicUrl` is where they reach us. */
export function asyncApiDocument(publicUrl: string): Record<string, unknown> {
  const source = publicUrl.replace(/\/$/, '');
  const each = <T>(make: (contract: AnyContract) => readonly [string, T]) => Object.fromEntries(contracts.map(make));
  const { host, protocol, pathname } = new URL(source);
  const server = { host, protocol: protocol.replace(':', ''), ...(pathname !== '/' && { pathname }) };
  return {
    asyncapi: '3.1.0',
    id: 'urn:techmarket:columna:events',
    info: {
      title: 'Columna’s events',
      version: '2.0.0',
      description: DESCRIPTION,
      contact: { name: 'TechMarket AI', url: source },
      license: { name: 'Proprietary', url: source },
      tags: [{ name: 'events', description: 'Facts that happened' }],
    },
    defaultContentType: 'application/cloudevents+json',
    servers: { feed: { ...server, description: 'This deployment', security: [ref('securitySchemes', 'bearer')] } },
    channels: {
      events: {
        address: PATH,
        title: 'Events',
        description: 'Every event of the marketplace.',
        messages: each(({ type }) => [type, ref('messages', type)]),
      },
    },
    operations: {
      sendEvents: {
        action: 'send',
        channel: { $ref: '#/channels/events' },
        title: 'Send events',
        summary: 'Send committed events to a subscriber',
        bindings: BINDINGS,
        messages: contracts.map(({ type }) => ({ $ref: `#/channels/events/messages/${type}` })),
      },
    },
    components: {
      securitySchemes: {
        bearer: { type: 'http', scheme: 'bearer', bearerFormat: 'JWT', description: 'Needs the role backoffice:read.' },
      },
      messages: each((contract) => [contract.type, messageOf(contract, source)]),
      schemas: {
        CloudEvent: ENVELOPE,
        ...each(({ type, version, schema }) => [`${type}.v${version}`, dataOf(schema)]),
      },
    },
  };
}

function messageOf({ type, version, schema, subjectField }: AnyContract, source: string) {
  const data = composeExample(dataOf(schema) as Schema, {}, '', type) as Readonly<Record<string, unknown>>;
  const own = { type: cloudEventType(type, version), dataschema: dataSchemaOf(source, type, version) };
  return {
    name: own.type,
    title: `${type}, version ${version}`,
    contentType: 'application/cloudevents+json',
    payload: {
      allOf: [
        ref('schemas', 'CloudEvent'),
        {
          type: 'object',
          properties: {
            type: { const: own.type },
            dataschema: { const: own.dataschema },
            data: ref('schemas', `${type}.v${version}`),
          },
        },
      ],
    },
    examples: [
      {
        name: `${type}Example`,
        payload: {
          specversion: '1.0',
          id: EXAMPLE_ID,
          source,
          ...own,
          subject: data[subjectField],
          time: '2026-11-24T09:30:00.000Z',
          datacontenttype: 'application/json',
          correlationid: EXAMPLE_ID,
          data,
        },
      },
    ],
  };
}

/** Returns the schema of an event's data. A reader has to accept fields that later versions add. */
function dataOf(schema: z.ZodType): Record<string, unknown> {
  const { $schema: _, ...rest } = z.toJSONSchema(schema, { io: 'input' }) as Record<string, unknown>;
  return rest;
}
