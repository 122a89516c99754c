/** Overrides, embeddings, isolates and their deprecated kin: what follows would be shown in another order. */
const REORDERING = /[\u202a-\u202e\u2066-\u206f]/g;
/** Control characters but line breaks and tabs; NUL never comes here. */
const CONTROL = /[\p{Cc}--[\t\n\r]]/gv;
/** Line breaks, tabs and runs of spaces. A space alone stays what it is: amounts have one that does not break. */
const SPACE = /[\s\p{Cc}]{2,}|[\t\n\r\v\f\u0085\u2028\u2029]/gu;

/** Removes what no reader sees as it was written: control characters, changes of direction, halves of characters. */
export const readable = (text: string): string =>
  text.toWellFormed().replaceAll(REORDERING, '').replaceAll(CONTROL, '');

/** Makes a text one line, without runs of spaces. */
export const oneLine = (text: string): string =>
  text.toWellFormed().replaceAll(REORDERING, '').replaceAll(SPACE, ' ').replaceAll(CONTROL, '').trim();

/** Characters that WhatsApp reads as bold, italic, struck out and code, and what looks alike and is none. */
const MARKUP: Readonly<Record<string, string>> = { '*': '\u2217', '_': '\u02cd', '~': '\u223c', '`': '\u02cb' };
/** A marker inside a word is none: `user_name`, `2*3`. */
const MARKER = /(?<![\p{L}\p{N}])[*_~`]|[*_~`](?![\p{L}\p{N}])/gu;

/** Makes a text a parameter of WhatsApp: one line, whose marks are shown and not read. */
export const whatsAppParameter = (text: string): string =>
  oneLine(text).replaceAll(MARKER, (mark) => MARKUP[mark] ?? mark);

const ONE_LINE: ReadonlySet<string> = new Set(['email.subject', 'push.title']);

/** Returns what makes a value fit for a part of a template. */
export function textFor(part: string): (text: string) => string {
  if (part === 'whatsapp') return whatsAppParameter;
  return ONE_LINE.has(part) ? oneLine : readable;
}
