import { type Finding, fine, warning } from '../../platform/finding.ts';

const SKEW_MS = 1_000;

/** What is said of this machine's clock beside a server's, `skewMs` ahead of ours. */
export function clockFinding(check: string, server: string, skewMs: number): Finding {
  const apartMs = Math.abs(skewMs);
  if (apartMs <= SKEW_MS) return fine(check, `This machine’s clock and ${server}’s are ${Math.round(apartMs)} ms apart.`);
  const way = skewMs > 0 ? 'behind' : 'ahead of';
  const todo = 'Let both follow a time server. Slots and leases go by the database’s clock; delays of retries do not.';
  return warning(check, `This machine’s clock is ${Math.round(apartMs / 1_000)} s ${way} ${server}’s.`, todo);
}
