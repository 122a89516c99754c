import type { z } from 'zod';

const FORMATS: Readonly<Record<string, string>> = {
  uuid: 'must be a UUID',
  email: 'must be an e-mail address',
  url: 'must be a URL',
  datetime: 'must be an instant with its zone, such as 2026-11-24T09:30:00Z',
  date: 'must be a calendar day, such as 2026-11-24',
  ipv4: 'must be an IPv4 address',
  ipv6: 'must be an IPv6 address',
};

const TYPES: Readonly<Record<string, string>> = {
  string: 'a text',
  number: 'a number',
  int: 'a whole number',
  boolean: 'true or false',
  object: 'an object',
  array: 'a list',
  record: 'an object',
  null: 'null',
};

const UNITS: Readonly<Record<string, readonly [one: string, many: string]>> = {
  string: ['character', 'characters'],
  array: ['item', 'items'],
  set: ['item', 'items'],
  map: ['entry', 'entries'],
};

/** Says in our own words what a schema does not accept, and never repeats the input. A schema's own text stays. */
export function sentenceOf(issue: z.core.$ZodIssue): string {
  if (!/^(Invalid|Too|Unrecognized)/.test(issue.message)) return issue.message;
  switch (issue.code) {
    case 'invalid_type':
      return issue.message.endsWith('received undefined') ? 'is required' : `must be ${typeName(issue.expected)}`;
    case 'invalid_value':
      return issue.values.length === 0 ? 'is not a known value' : oneOf(issue.values.map(String));
    case 'too_big':
      return sizeOf('at most', issue.maximum, issue.origin);
    case 'too_small':
      return sizeOf('at least', issue.minimum, issue.origin);
    case 'invalid_format':
      return FORMATS[issue.format] ?? 'does not have the expected form';
    case 'not_multiple_of':
      return `must be a multiple of ${issue.divisor}`;
    case 'invalid_key':
      return 'has a key that is not accepted here';
    case 'invalid_union':
      return 'options' in issue && Array.isArray(issue.options) && issue.options.length > 0
        ? oneOf(issue.options.map(String))
        : 'does not fit any form that is accepted here';
    default:
      return 'is not accepted here';
  }
}

const typeName = (expected: string) => TYPES[expected] ?? `of the type ${expected}`;

const oneOf = (values: readonly string[]) =>
  values.length === 1 ? `must be ${values.join()}` : `must be one of ${values.join(', ')}`;

function sizeOf(bound: string, size: number | bigint, origin: string): string {
  const units = UNITS[origin];
  if (units === undefined) return `must be ${bound} ${size}`;
  return `must have ${bound} ${size} ${Number(size) === 1 ? units[0] : units[1]}`;
}
