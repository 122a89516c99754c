/** One figure of the bench: against what it stands on, in the same run, or against the clock. */
export interface Measure {
  readonly name: string;
  readonly ours: number;
  /** What ours is compared with; absent when the figure is an absolute one. */
  readonly baseline?: number;
  readonly unit: string;
  /** `ours / baseline`, or `ours` itself. */
  readonly value: number;
  readonly bound: { readonly atLeast: number } | { readonly atMost: number };
}

/** How much is measured. */
export interface Size {
  /** What one round handles. */
  readonly count: number;
  /** Rounds beyond the one that warms up; a figure is their median. */
  readonly rounds: number;
}

/** Whether a measure keeps its bound. */
export function keepsBound({ value, bound }: Measure): boolean {
  return 'atLeast' in bound ? value >= bound.atLeast : value <= bound.atMost;
}

/** A measure that stands for itself. */
export function absolute(measure: Omit<Measure, 'value' | 'baseline'>): Measure {
  return { ...measure, value: measure.ours };
}

/** A measure that is a ratio of two of the same unit. */
export function ratio(measure: Omit<Measure, 'value' | 'baseline'> & { readonly baseline: number }): Measure {
  return { ...measure, value: measure.ours / measure.baseline };
}
