/** It can never succeed: a delivery becomes a dead letter at once, a slot has failed. */
export class Permanent extends Error {
  override readonly name = 'Permanent';
}

/** The delivery or slot is to be tried again, but not before `delayMs` from now; it costs no attempt. */
export class RetryLater extends Error {
  override readonly name = 'RetryLater';
  readonly delayMs: number;

  constructor(delayMs: number, reason: string) {
    super(reason);
    this.delayMs = delayMs;
  }
}

/** Anything thrown, as an `Error`: handlers may throw strings or nothing at all. */
export function toError(thrown: unknown): Error {
  return thrown instanceof Error ? thrown : new Error(`a handler threw ${thrown === undefined ? 'undefined' : typeof thrown}`);
}
