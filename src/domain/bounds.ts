/** Names of the bounds on what one person causes for others. They live in a table and a setting: never rename. */
export type BoundName = keyof typeof bounds;

interface Bound {
  /** Uses that a window allows. */
  readonly allowed: number;
  readonly window: 'hour' | 'day';
  /** A noun phrase that follows "Too many". */
  readonly uses: string;
}

const bound = (allowed: number, window: Bound['window'], uses: string): Bound => Object.freeze({ allowed, window, uses });

/** The bounds and their defaults; the setting BOUNDS replaces the numbers. */
export const bounds = Object.freeze({
  tickets: bound(10, 'hour', 'tickets of one person at one tenant'),
  leads: bound(5, 'day', 'leads of one person at one tenant'),
  assignments: bound(10, 'day', 'assignments of one ticket'),
  appointments: bound(20, 'day', 'changes of the appointments of one ticket'),
  quotes: bound(20, 'day', 'quotes for one ticket'),
  flags: bound(20, 'day', 'flags of one person'),
  tenants: bound(5, 'day', 'tenants founded by one person'),
  invitations: bound(50, 'day', 'invitations of one tenant'),
  contacts: bound(10, 'day', 'changes of one person’s contact'),
  codes: bound(10, 'day', 'codes tried by one person'),
  clicks: bound(5, 'hour', 'clicks of one visitor'),
  addresses: bound(20, 'hour', 'clicks from one address'),
});

const WINDOW_MS = { hour: 3_600_000, day: 86_400_000 } as const;

/** Returns the window of a bound that an instant lies in; windows begin on the hour or at midnight, in UTC. */
export function windowAt(name: BoundName, now: Date): { readonly start: Date; readonly end: Date } {
  const length = WINDOW_MS[bounds[name].window];
  const start = Math.floor(now.getTime() / length) * length;
  return { start: new Date(start), end: new Date(start + length) };
}
