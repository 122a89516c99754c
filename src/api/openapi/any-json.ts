import { z } from '@hono/zod-openapi';

/** A JSON value of which the API promises nothing. */
export const anyJson = z.unknown().openapi({
  description: 'Any JSON value.',
  type: ['string', 'number', 'boolean', 'object', 'array', 'null'],
  items: {},
  additionalProperties: true,
});
