import type { Finding } from '../../src/platform/finding.ts';

/** What the doctor says of one thing; throws where it says nothing. */
export function findingOf(findings: readonly Finding[], check: string): Finding {
  const found = findings.find((finding) => finding.check === check);
  if (found === undefined) throw new Error(`nothing is said of ${check}, but of ${findings.map((one) => one.check).join(', ')}`);
  return found;
}

/** What is not fine, as `check: verdict`. */
export const complaints = (findings: readonly Finding[]): readonly string[] =>
  findings.filter(({ verdict }) => verdict !== 'fine').map(({ check, verdict }) => `${check}: ${verdict}`);
