/** Numbers long enough to be a telephone's; amounts and dates have a comma, a point, a colon or a letter among them. */
const LONG_NUMBER = /\+?\d(?:[\s()-]?\d){6,}/g;
const WORD_WITH_LETTERS = /[^\s]*\p{L}[^\s]*/gu;

/**
 * A notification's variables for eyes that need not know whom they are about: of each word only the first character is
 * left, of a link only its host. It still renders.
 */
export function mask(value: unknown): unknown {
  if (typeof value === 'string') return maskText(value);
  if (Array.isArray(value)) return value.map(mask);
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([key, inner]) => [key, mask(inner)]));
}

function maskText(text: string): string {
  const link = /^https?:/.test(text) ? URL.parse(text) : null;
  if (link !== null) return `${link.origin}/…`;
  const dots = (word: string) => [...word].map((character, index) => (index === 0 ? character : '•')).join('');
  return text.replace(LONG_NUMBER, dots).replace(WORD_WITH_LETTERS, dots);
}
