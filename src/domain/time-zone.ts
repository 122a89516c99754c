/** Returns true for an IANA zone that this process knows. Of the short names some are Java's, and PostgreSQL knows none of those. */
export function isTimeZone(name: string): boolean {
  if (acceptedZones.has(name)) return true;
  if (!/^(UTC|[A-Za-z][\w+-]*\/[\w+/-]+)$/.test(name)) return false;
  try {
    new Intl.DateTimeFormat('en', { timeZone: name });
  } catch {
    return false;
  }
  acceptedZones.add(name);
  return true;
}

const acceptedZones = new Set<string>(); // checking one costs a formatter

/** Returns a stored zone, or UTC where this process does not know the zone: one tenant's zone must not stop what concerns others. */
export const zoneOrUtc = (name: string): string => (isTimeZone(name) ? name : 'UTC');
