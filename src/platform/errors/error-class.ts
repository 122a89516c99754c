/**
 * The class of an error of a dependency.
 *
 * - `unavailable`: the dependency cannot be used now, whatever is asked of it. Hold the work; it costs no attempt.
 * - `again`: the transaction was undone through no fault of its own. Run it again at once, a few times.
 * - `fault`: the error is about our code or about this row. It costs an attempt.
 */
export type ErrorClass = 'unavailable' | 'again' | 'fault';

/** Returns the `code` of an error of Node, PostgreSQL or MongoDB as text, or an empty string. */
export const codeOf = (error: Error): string => ('code' in error ? String(error.code) : '');
