const HOUR_MS = 3_600_000;

/** How long a lead waits for a first answer until its tenant is told, step by step. */
export const LEAD_STEPS_MS: readonly number[] = Object.freeze([1, 24, 72].map((hours) => hours * HOUR_MS));

/** How long before a visit its customer is reminded, step by step. */
export const REMINDER_STEPS_MS: readonly number[] = Object.freeze([24, 2].map((hours) => hours * HOUR_MS));

/** The step that a lead which waits has come to, 1 for the first; 0 before it. */
export function leadStep(waitingSince: Date, now: Date): number {
  return LEAD_STEPS_MS.filter((afterMs) => waitingSince.getTime() + afterMs <= now.getTime()).length;
}

/**
 * The step that a visit has come to, 1 for the first; 0 before it, once it has begun, and where the visit's present
 * time was agreed upon after the step's: whoever has just agreed, or moved it, need not be reminded.
 */
export function reminderStep({ startsAt, agreedAt }: { readonly startsAt: Date; readonly agreedAt: Date }, now: Date): number {
  if (startsAt <= now) return 0;
  const step = REMINDER_STEPS_MS.filter((beforeMs) => startsAt.getTime() - beforeMs <= now.getTime()).length;
  const at = startsAt.getTime() - (REMINDER_STEPS_MS[step - 1] ?? 0);
  return step > 0 && agreedAt.getTime() <= at ? step : 0;
}
