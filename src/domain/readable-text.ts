/** A character that a reader sees. The four without a look are blank in every font, though Unicode calls them letters or symbols. */
const VISIBLE = /[[\p{L}\p{N}\p{P}\p{S}\p{Co}]--[\p{Default_Ignorable_Code_Point}\u2800\u{1d159}\u{13441}\u{13442}]]/v;
/** Overrides, embeddings, isolates and their deprecated kin: what follows is not shown in the order in which it is stored. */
const REORDERING = /[\u202a-\u202e\u2066-\u206f]/;
const CONTROL = /\p{Cc}/u;
const CONTROL_BUT_LAYOUT = /[\p{Cc}--[\t\n\r]]/v;
const LINE_BREAK = /[\n\r\v\f\u0085\u2028\u2029]/;

/** Finds why a text must not be stored. Joiners, marks of direction and accents stay: languages and emoji need them. */
export function findUnreadable(text: string): string | undefined {
  if (REORDERING.test(text)) return 'must not have characters that change the direction of text (U+202A–U+202E, U+2066–U+206F)';
  if (CONTROL_BUT_LAYOUT.test(text)) return 'must not have control characters';
  return undefined;
}

/** Finds why a name or a line must not be stored. */
export function findUnreadableInLine(text: string): string | undefined {
  if (LINE_BREAK.test(text)) return 'must be one line';
  if (CONTROL.test(text)) return 'must not have control characters';
  return findUnreadable(text);
}

/** Returns true when a reader would see nothing. */
export const isBlank = (text: string): boolean => !VISIBLE.test(text);
