import type { Tx } from '../../platform/postgres.ts';

/** One step of an attempt. */
export interface AttemptStep {
  readonly id: string;
  readonly attempt: number;
  readonly outcome: string;
  readonly detail?: string | undefined;
}

/** Puts steps on record; one that is there already stays as it was. */
export async function recordAttempts(tx: Tx, steps: readonly AttemptStep[]): Promise<void> {
  if (steps.length === 0) return;
  await tx`
    insert into notification_attempt (notification_id, attempt, outcome, detail)
    select * from unnest(
      ${steps.map(({ id }) => id)}::uuid[],
      ${steps.map(({ attempt }) => attempt)}::integer[],
      ${steps.map(({ outcome }) => outcome)}::text[],
      ${steps.map(({ detail }) => detail ?? null)}::text[]
    )
    on conflict do nothing
  `;
}
