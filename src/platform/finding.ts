/** What the doctor says of one thing. */
export interface Finding {
  /** What was looked at: `redis policy`. */
  readonly check: string;
  readonly verdict: 'fine' | 'warning' | 'problem';
  /** What was found. No secrets. */
  readonly found: string;
  /** What to do; null where nothing is to be done. */
  readonly todo: string | null;
}

export const fine = (check: string, found: string): Finding => ({ check, verdict: 'fine', found, todo: null });
export const warning = (check: string, found: string, todo: string): Finding => ({ check, verdict: 'warning', found, todo });
export const problem = (check: string, found: string, todo: string): Finding => ({ check, verdict: 'problem', found, todo });
