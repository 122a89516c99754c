/** Returns true for an IANA zone that this process knows. Of the short names some are Java's, and PostgreSQL knows none of those. */
export function isTimeZone(name: string): boolean {
  if (known.has(name)) return true;
  if (!/^(UTC|[A-Za-z][\w+-]*\/[\w+/-]+)$/.test(name)) return false;
  try {
    new Intl.DateTimeFormat('en', { timeZone: name });
  } catch {
    return false;
  }
  known.add(name);
  return true;
}

const known = new Set<string>(); // asking costs a formatter

/** Returns a stored zone, or UTC where this process does not know the zone: one tenant's zone must not stop what concerns others. */
export const zoneOrUtc = (name: string): string => (isTimeZone(name) ? name : 'UTC');
