/** Which part of a list is asked for: what comes before the id that ended the page before, newest first. */
export interface Page {
  readonly before: string | undefined;
  readonly limit: number;
}
