import type { z } from 'zod';

interface Def { readonly type: string; readonly [key: string]: unknown }
const defOf = (schema: unknown) => (schema as { readonly def: Def }).def;

/** Lists the schemas of texts inside a schema, each with its place. */
export function textsOf(schema: unknown, place: string): readonly (readonly [place: string, schema: z.ZodType])[] {
  const def = defOf(schema);
  switch (def.type) {
    case 'string':
      return [[place, schema as z.ZodType]];
    case 'object':
      return Object.entries(def['shape'] as object).flatMap(([key, member]) => textsOf(member, `${place}/${key}`));
    case 'array':
      return textsOf(def['element'], `${place}/*`);
    case 'record':
      return [...textsOf(def['keyType'], `${place}/{}`), ...textsOf(def['valueType'], `${place}/*`)];
    case 'union':
      return (def['options'] as readonly unknown[]).flatMap((option) => textsOf(option, place));
    case 'optional': case 'nullable': case 'default': case 'readonly': case 'nonoptional': case 'catch':
      return textsOf(def['innerType'], place);
    case 'pipe':
      return defOf(def['in']).type === 'string' ? [[place, schema as z.ZodType]] : [...textsOf(def['in'], place), ...textsOf(def['out'], place)];
    default:
      return [];
  }
}
