import { onTestFinished } from 'vitest';
import { openUnanswered } from '../../dev/sandbox/unanswered.ts';

/** Opens a port at which connecting is neither refused nor answered, until the calling test ends. Returns the port. */
export async function unansweredPort(): Promise<number> {
  const { port, close } = await openUnanswered();
  onTestFinished(close);
  return port;
}
