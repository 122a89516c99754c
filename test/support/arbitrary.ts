import fc from 'fast-check';

/** The part of JSON Schema that our OpenAPI document uses. */
export interface Schema {
  readonly type?: string | readonly string[];
  readonly format?: string;
  readonly enum?: readonly unknown[];
  readonly properties?: Readonly<Record<string, Schema>>;
  readonly items?: Schema;
  readonly anyOf?: readonly Schema[];
  readonly allOf?: readonly Schema[];
  readonly $ref?: string;
}

const NASTY = ['', ' ', '\u0000', '\ud800', '%00', "'; drop table ticket; --", '__proto__', 'a'.repeat(5_000), '🏳️‍🌈', '-1', '1e400'];

/** Text that breaks things, and text that is just text. */
export const nastyText = fc.oneof(fc.constantFrom(...NASTY), fc.string({ unit: 'binary', maxLength: 60 }));

/** Anything that JSON can say, and things only a broken client says. */
const garbage = fc.oneof(
  nastyText,
  fc.jsonValue({ maxDepth: 3 }),
  fc.constantFrom<unknown>(null, [], {}, -1, 1e308, 9_007_199_254_740_993, { $ne: null }, [[[[]]]]),
);

/** Values near a schema: each part is right, or garbage once in a while; sometimes with a key too many or too few. */
export function near(schema: Schema, resolve: (reference: string) => Schema): fc.Arbitrary<unknown> {
  return fc.oneof({ weight: 6, arbitrary: right(schema, resolve) }, { weight: 1, arbitrary: garbage });
}

function right(schema: Schema, resolve: (reference: string) => Schema): fc.Arbitrary<unknown> {
  if (schema.$ref !== undefined) return right(resolve(schema.$ref), resolve);
  if (schema.enum !== undefined) return fc.constantFrom(...schema.enum);
  const choices = schema.anyOf ?? schema.allOf;
  if (choices !== undefined && choices.length > 0) return fc.oneof(...choices.map((choice) => near(choice, resolve)));
  const type = [schema.type ?? 'string'].flat()[0];
  switch (type) {
    case 'object': {
      const fields = Object.entries(schema.properties ?? {}).map(([key, field]) => [key, near(field, resolve)] as const);
      const whole = fc.record(Object.fromEntries(fields));
      const partial = fc.record(Object.fromEntries(fields), { requiredKeys: [] });
      const overfull = fc.tuple(whole, nastyText).map(([object, key]) => ({ ...object, [key]: 1 }));
      return fc.oneof({ weight: 6, arbitrary: whole }, partial, overfull);
    }
    case 'array':
      return fc.array(near(schema.items ?? {}, resolve), { maxLength: 4 });
    case 'integer':
    case 'number':
      return fc.oneof(fc.integer({ min: 0, max: 10_000 }), fc.double({ noNaN: true }));
    case 'boolean':
      return fc.boolean();
    default:
      return text(schema.format);
  }
}

function text(format: string | undefined): fc.Arbitrary<string> {
  if (format === 'uuid') return fc.uuid();
  if (format === 'email') return fc.emailAddress();
  if (format === 'date-time') return fc.date({ noInvalidDate: true }).map((date) => date.toISOString());
  if (format === 'date') return fc.date({ noInvalidDate: true }).map((date) => date.toISOString().slice(0, 10));
  return fc.oneof({ weight: 4, arbitrary: fc.string({ minLength: 1, maxLength: 30 }) }, nastyText);
}
