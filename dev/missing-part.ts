import { NotInTime } from './until.ts';

/** Something the run cannot do without; the message is one sentence that says what to do about it. */
export class MissingPart extends Error {
  override readonly name = 'MissingPart';
}

/** For the `catch` of a main: what the reader can act on is a sentence, anything else a fault with its stack. */
export function giveUp(error: unknown): never {
  const isForReader = error instanceof MissingPart || error instanceof NotInTime;
  console.error(isForReader ? error.message : error);
  process.exit(1);
}
