/** Numbers long enough to be a telephone's; amounts and dates have a comma, a point, a colon or a letter among them. */
const LONG_NUMBER = /\+?\d(?:[\s()-]?\d){6,}/g;
const WORD = /\S+/g;
const LETTER = /\p{L}/u;
const LONGEST = 4_096; // characters of a text that are left; nobody reads more of it masked

/**
 * A notification's variables for eyes that need not know whom they are about: of each word only the first character is
 * left, of a link only its host. It still renders.
 */
export function mask(value: unknown): unknown {
  if (typeof value === 'string') return maskText(value);
  if (Array.isArray(value)) return value.map(mask);
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([key, inner]) => [key, mask(inner)]));
}

function maskText(text: string): string {
  const link = /^https?:/.test(text) ? URL.parse(text) : null;
  if (link !== null) return `${link.origin}/…`;
  const part = text.length > LONGEST ? `${text.slice(0, LONGEST).toWellFormed()}…` : text;
  return part.replace(LONG_NUMBER, dots).replace(WORD, (word) => (LETTER.test(word) ? dots(word) : word));
}

const dots = (word: string) => [...word].map((character, index) => (index === 0 ? character : '•')).join('');

const ID_OR_TIME = /([0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}|\d{4}-\d\d-\d\d(?:T[\d:.]+Z?)?)/i;

/** Returns what a system said, without addresses and numbers that may be a person's; ids and times stay. */
export function redact(text: string): string {
  const part = text.length > LONGEST ? `${text.slice(0, LONGEST).toWellFormed()}…` : text;
  return part.split(ID_OR_TIME).map((piece, at) => (at % 2 === 1 ? piece : redactPiece(piece))).join('');
}

const redactPiece = (piece: string): string =>
  piece.replace(LONG_NUMBER, dots).replace(WORD, (word) => (word.includes('@') ? dots(word) : word));

/** The part of a JSON Schema that says of which kind a text is. */
interface Schema {
  readonly type?: unknown;
  readonly format?: unknown;
  readonly pattern?: unknown;
  readonly enum?: unknown;
  readonly const?: unknown;
  readonly properties?: Readonly<Record<string, unknown>>;
  readonly additionalProperties?: unknown;
  readonly items?: unknown;
  readonly anyOf?: readonly unknown[];
  readonly oneOf?: readonly unknown[];
}

/** Masks a value but for ids, times and words that its schema names. What the schema does not know is masked. */
export function maskBySchema(value: unknown, schema: unknown): unknown {
  const kinds = kindsOf(schema);
  if (typeof value === 'string') return kinds.some((kind) => isNamed(value, kind)) ? value : mask(value);
  if (Array.isArray(value)) {
    const items = { anyOf: kinds.flatMap((kind) => kind.items ?? []) };
    return value.map((item) => maskBySchema(item, items));
  }
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([key, inner]) => {
    const known = kinds.flatMap(({ properties = {}, additionalProperties }) =>
      (Object.hasOwn(properties, key) ? properties[key] : additionalProperties) ?? []);
    return [key, maskBySchema(inner, { anyOf: known })];
  }));
}

function kindsOf(schema: unknown): readonly Schema[] {
  if (typeof schema !== 'object' || schema === null) return [];
  const { anyOf, oneOf } = schema as Schema;
  const others = [...(anyOf ?? []), ...(oneOf ?? [])];
  return others.length === 0 ? [schema as Schema] : others.flatMap(kindsOf);
}

const PLAIN_FORMATS: readonly unknown[] = ['uuid', 'date-time', 'date'];

function isNamed(text: string, { format, pattern, enum: words, const: word }: Schema): boolean {
  if (word === text || (Array.isArray(words) && words.includes(text))) return true;
  if (PLAIN_FORMATS.includes(format)) return ID_OR_TIME.exec(text)?.[0] === text;
  return format === undefined && pattern === '^[A-Z]{3}$' && /^[A-Z]{3}$/.test(text); // a currency
}
