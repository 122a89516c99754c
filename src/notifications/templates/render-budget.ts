/** Work that one rendering, all its parts together, may take: about 50 ms. */
export const renderLimits = Object.freeze({
  /** Expressions evaluated in lists: the items of each `each`, times the expressions of the part. */
  steps: 100_000,
  /** Characters that the parts of one channel have together. */
  characters: 524_288,
  /** Expressions of a part times the characters of the longest text: what escaping may have to read. */
  evaluated: 500_000,
});

/** A rendering that takes too much work; the message names the limit. */
export class BudgetExceeded extends Error {
  override readonly name = 'BudgetExceeded';
}

/** The work that a rendering may still do. */
export interface RenderBudget {
  /** Takes steps. @throws {BudgetExceeded} when fewer are left */
  takeSteps(steps: number): void;
  /** Checks a text that a list grows to. @throws {BudgetExceeded} when it exceeds what is left */
  checkCharacters(characters: number): void;
  /** Takes the characters of a finished part. @throws {BudgetExceeded} */
  takeCharacters(characters: number): void;
  /** Takes the reading of texts. @throws {BudgetExceeded} */
  takeEvaluated(characters: number): void;
}

/** Opens the budget of one rendering. */
export function openBudget(): RenderBudget {
  let { steps, characters, evaluated } = renderLimits;
  const checkCharacters = (wanted: number) => {
    if (wanted > characters) throw new BudgetExceeded(`makes more than ${renderLimits.characters} characters`);
  };
  return {
    checkCharacters,
    takeSteps(wanted) {
      if (wanted > steps) throw new BudgetExceeded(`takes more than ${renderLimits.steps} steps`);
      steps -= wanted;
    },
    takeCharacters(wanted) {
      checkCharacters(wanted);
      characters -= wanted;
    },
    takeEvaluated(wanted) {
      if (wanted > evaluated) throw new BudgetExceeded('repeats a text that is too long');
      evaluated -= wanted;
    },
  };
}

/** Returns the length of the longest text in props. */
export function longestText(props: unknown): number {
  if (typeof props === 'string') return props.length;
  if (typeof props !== 'object' || props === null) return 0;
  return Object.values(props).reduce<number>((longest, item) => Math.max(longest, longestText(item)), 0);
}
