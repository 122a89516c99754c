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

/** A measure whose value is the median of the rounds' ratios: both sides of a round met the same machine. */
export function ratioOfRounds({ ours, baseline, ...measure }: Omit<Measure, 'value' | 'ours' | 'baseline'> & {
  readonly ours: readonly number[];
  readonly baseline: readonly number[];
}): Measure {
  const ratios = ours.map((figure, round) => figure / (baseline[round] ?? Number.NaN));
  return { ...measure, ours: median(ours), baseline: median(baseline), value: median(ratios) };
}

/** Measures both sides in turn, so that each round meets the same machine. A round before the first one warms up. */
export async function alternate(
  rounds: number,
  sides: { readonly baseline: () => Promise<number>; readonly ours: () => Promise<number> },
): Promise<{ readonly ours: readonly number[]; readonly baseline: readonly number[] }> {
  const [ours, baseline]: [number[], number[]] = [[], []];
  for (let round = 0; round <= rounds; round += 1) {
    baseline.push(await sides.baseline());
    ours.push(await sides.ours());
  }
  return { ours: ours.slice(1), baseline: baseline.slice(1) };
}

/** The middle value; of an even number, the lower of the two. */
export function median(values: readonly number[]): number {
  return values.toSorted((a, b) => a - b)[Math.floor((values.length - 1) / 2)] ?? Number.NaN;
}

/** A long run is measured against one of so many times less. */
export const SMALLER = 10;

/** How a time grows from a tenth of what is handled, against n·log n. */
export function growth(
  name: string,
  { count, took, tenth }: { readonly count: number; readonly took: number; readonly tenth: number },
): Measure {
  const logarithmic = (SMALLER * Math.log(count)) / Math.log(count / SMALLER);
  return ratio({
    name: `${name}, growth from a tenth, against n·log n`, unit: 'times',
    ours: took / tenth, baseline: logarithmic, bound: { atMost: 1 },
  });
}
