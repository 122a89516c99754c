const FIRST_MS = 1_000;
const LONGEST_MS = 300_000;

/** Milliseconds until the next attempt: doubling from a second to five minutes, spread over ±25 %. */
export function backoffMs(attempts: number, random: () => number = Math.random): number {
  const straight = Math.min(FIRST_MS * 2 ** (attempts - 1), LONGEST_MS);
  return Math.round(straight * (0.75 + random() / 2));
}
