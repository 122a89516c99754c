/** SQLSTATE classes that are about a row: data exceptions and violated constraints. */
const ABOUT_A_ROW = /^2[23]/;

/** Something that a piece could not be done for, with the error. */
export interface Isolated<Item> {
  readonly item: Item;
  readonly error: Error;
}

/**
 * Does a piece for several things. When data refuses the whole piece, each half is tried alone, down to the things
 * themselves: one tenant's bad row keeps no other from being handled. Returns what could not be handled.
 */
export async function isolate<Item>(
  items: readonly Item[],
  work: (items: readonly Item[]) => Promise<void>,
): Promise<readonly Isolated<Item>[]> {
  try {
    await work(items);
    return [];
  } catch (error) {
    if (!isAboutARow(error)) throw error;
    const [item] = items;
    if (item === undefined) throw error;
    if (items.length === 1) return [{ item, error }];
    const middle = Math.ceil(items.length / 2);
    return [...(await isolate(items.slice(0, middle), work)), ...(await isolate(items.slice(middle), work))];
  }
}

/** Returns true for an error of PostgreSQL about a row, and for a number or payload that no event can carry. */
function isAboutARow(error: unknown): error is Error {
  if (!(error instanceof Error)) return false;
  if ('code' in error && typeof error.code === 'string') return ABOUT_A_ROW.test(error.code);
  return error instanceof RangeError || error.name === 'ZodError';
}

/** Names the first few of what could not be handled, for the ledger. */
export function nameIsolated(what: string, isolated: readonly Isolated<string>[]): string {
  const named = isolated.slice(0, 5).map(({ item, error }) => `${item} (${'code' in error ? String(error.code) : error.name})`);
  return `${isolated.length} ${what} could not be handled: ${named.join(', ')}${isolated.length > named.length ? ', …' : ''}`;
}
