/** The part of JSON Schema that zod writes for payloads. */
export interface Schema {
  readonly type?: string | readonly string[];
  readonly properties?: Readonly<Record<string, Schema>>;
  readonly required?: readonly string[];
  readonly enum?: readonly unknown[];
  readonly items?: Schema;
  readonly anyOf?: readonly Schema[];
  readonly [keyword: string]: unknown;
}

export interface Difference {
  /** `payload.amount.minor` */
  readonly path: string;
  readonly what: string;
  /** Whether a reader of one would fail on an event of the other, in either direction. */
  readonly breaks: boolean;
}

const STRUCTURE = new Set(['properties', 'required', 'enum', 'items', 'anyOf', 'type', '$schema', 'additionalProperties']);
const EQUAL: readonly Difference[] = [];

/**
 * What changed between two schemas of one version. Events of the old are still in the outbox and readers of the old still
 * run beside the new, so a change has to hold both ways: only an optional property and an enum member may be added, since
 * readers drop keys and rename members that they do not know.
 */
export function differences(older: Schema, newer: Schema, path = 'payload'): readonly Difference[] {
  const breaks = (what: string): Difference => ({ path, what, breaks: true });
  if (older.anyOf !== undefined || newer.anyOf !== undefined) return alternatives(older, newer, path);
  if (typeOf(older) !== typeOf(newer)) return [breaks(`type changed from ${typeOf(older)} to ${typeOf(newer)}`)];
  if (older.enum !== undefined || newer.enum !== undefined) return members(older.enum, newer.enum, path);
  const keywords = new Set([...Object.keys(older), ...Object.keys(newer)].filter((keyword) => !STRUCTURE.has(keyword)));
  const bounds = [...keywords].filter((keyword) => JSON.stringify(older[keyword]) !== JSON.stringify(newer[keyword]));
  return [
    ...bounds.map((keyword) => breaks(`${keyword} changed from ${String(older[keyword] ?? 'none')} to ${String(newer[keyword] ?? 'none')}`)),
    ...properties(older, newer, path),
    ...(older.items !== undefined && newer.items !== undefined ? differences(older.items, newer.items, `${path}[]`) : EQUAL),
  ];
}

function properties(older: Schema, newer: Schema, path: string): readonly Difference[] {
  const [before, after] = [older.properties ?? {}, newer.properties ?? {}];
  const isRequired = (schema: Schema, name: string) => schema.required?.includes(name) ?? false;
  return [...new Set([...Object.keys(before), ...Object.keys(after)])].flatMap((name): readonly Difference[] => {
    const at = `${path}.${name}`;
    const [was, is] = [before[name], after[name]];
    if (is === undefined) return [{ path: at, what: 'was removed (or renamed)', breaks: true }];
    if (was === undefined) {
      const required = isRequired(newer, name);
      return [{ path: at, what: required ? 'was added as required' : 'was added as optional', breaks: required }];
    }
    if (isRequired(older, name) !== isRequired(newer, name)) {
      return [{ path: at, what: isRequired(newer, name) ? 'became required' : 'became optional', breaks: true }];
    }
    return differences(was, is, at);
  });
}

function members(older: readonly unknown[] = [], newer: readonly unknown[] = [], path: string): readonly Difference[] {
  const lost = older.filter((member) => !newer.includes(member));
  const added = newer.filter((member) => !older.includes(member));
  return [
    ...lost.map((member) => ({ path, what: `lost the member ${String(member)}`, breaks: true })),
    ...added.map((member) => ({ path, what: `got the member ${String(member)}`, breaks: false })),
  ];
}

/** Nullable fields and other alternatives: the same ones, each like before. */
function alternatives(older: Schema, newer: Schema, path: string): readonly Difference[] {
  const [before, after] = [older.anyOf ?? [older], newer.anyOf ?? [newer]];
  const ofType = (list: readonly Schema[], type: string) => list.find((schema) => typeOf(schema) === type);
  const types = new Set([...before, ...after].map(typeOf));
  return [...types].flatMap((type) => {
    const [was, is] = [ofType(before, type), ofType(after, type)];
    if (was !== undefined && is !== undefined) return differences(was, is, path);
    return [{ path, what: `${is === undefined ? 'can no longer be' : 'can now be'} ${type}`, breaks: true }];
  });
}

/** `string`, or `string or null`. */
function typeOf({ type }: Schema): string {
  return type === undefined ? 'anything' : [type].flat().join(' or ');
}
