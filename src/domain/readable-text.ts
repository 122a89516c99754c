/**
 * A character that a reader sees. Four have no look in any font, though Unicode calls them letters or symbols. Characters of private use
 * look as each font wants, and U+FFFC and U+FFFD stand for what was lost.
 */
const VISIBLE = /[[\p{L}\p{N}\p{P}\p{S}]--[\p{Default_Ignorable_Code_Point}\u2800\ufffc\ufffd\u{1d159}\u{13441}\u{13442}]]/v;
/** Overrides, embeddings, isolates and their deprecated kin: what follows is not shown in the order in which it is stored. */
const REORDERING = /[\u202a-\u202e\u2066-\u206f]/;
const CONTROL = /\p{Cc}/u;
const CONTROL_BUT_LAYOUT = /[\p{Cc}--[\t\n\r]]/v;
/** What programs say to each other: noncharacters, interlinear annotations, and tags, which only flags show. */
const FOR_PROGRAMS = /[\p{Noncharacter_Code_Point}\ufff9-\ufffb\u{e0000}-\u{e007f}]/u;
const FLAG = /\u{1f3f4}[\u{e0030}-\u{e0039}\u{e0061}-\u{e007a}]{3,6}\u{e007f}/gu;
/** More marks on one letter than a script has. They cover the lines around. */
const HEAP_OF_MARKS = /\p{M}{9}/u;
const LINE_BREAK = /[\n\r\v\f\u0085\u2028\u2029]/;

/** Finds why a text must not be stored. Joiners, marks of direction and accents stay: languages and emoji need them. */
export function findUnreadable(text: string): string | undefined {
  if (REORDERING.test(text)) return 'must not have characters that change the direction of text (U+202A–U+202E, U+2066–U+206F)';
  if (CONTROL_BUT_LAYOUT.test(text)) return 'must not have control characters';
  if (FOR_PROGRAMS.test(text) && FOR_PROGRAMS.test(text.replaceAll(FLAG, ''))) {
    return 'must not have characters that are never shown (noncharacters, annotations U+FFF9–U+FFFB, tags U+E0000–U+E007F)';
  }
  if (HEAP_OF_MARKS.test(text)) return 'must not have more than 8 combining marks on a letter';
  return text.isWellFormed() ? undefined : 'must not have halves of surrogate pairs';
}

/** Finds why a name or a line must not be stored. */
export function findUnreadableInLine(text: string): string | undefined {
  if (LINE_BREAK.test(text)) return 'must be one line';
  if (CONTROL.test(text)) return 'must not have control characters';
  return findUnreadable(text);
}

/** Counts characters as JSON Schema and PostgreSQL do: by code points. */
export function isLongerThan(text: string, most: number): boolean {
  if (text.length <= most) return false;
  return text.length > 2 * most || [...text].length > most;
}

/** Returns true when a reader would see nothing. */
export const isBlank = (text: string): boolean => !VISIBLE.test(text);
