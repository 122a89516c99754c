import { z } from 'zod';

/** What an enum member of a later release reads as in an earlier one. */
export const UNKNOWN = 'unknown';

/** The same schema for a writer: no key that the contract does not have, at any depth. */
export function strict(schema: z.ZodType): z.ZodType {
  return rebuilt(schema, strict, (shape) => z.strictObject(shape));
}

/** The same schema for a reader: keys it does not know are dropped, enum members it does not know become `unknown`. */
export function tolerant(schema: z.ZodType): z.ZodType {
  if (schema instanceof z.ZodEnum) return z.union([schema, z.string().transform(() => UNKNOWN)]);
  return rebuilt(schema, tolerant, (shape) => z.object(shape));
}

type Change = (schema: z.ZodType) => z.ZodType;

function rebuilt(schema: z.ZodType, change: Change, object: (shape: z.ZodRawShape) => z.ZodType): z.ZodType {
  if (schema instanceof z.ZodObject) {
    const shape = schema.shape as Record<string, z.ZodType>;
    return object(Object.fromEntries(Object.entries(shape).map(([key, field]) => [key, change(field)])));
  }
  if (schema instanceof z.ZodNullable) return change(schema.unwrap() as z.ZodType).nullable();
  if (schema instanceof z.ZodOptional) return change(schema.unwrap() as z.ZodType).optional();
  if (schema instanceof z.ZodArray) {
    return schema.clone({ ...schema.def, element: change(schema.element as z.ZodType) } as typeof schema.def);
  }
  return schema;
}
