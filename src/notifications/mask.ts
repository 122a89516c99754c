/** Numbers long enough to be a telephone's; amounts and dates have a comma, a point, a colon or a letter among them. */
const LONG_NUMBER = /\+?\d(?:[\s()-]?\d){6,}/g;
const WORD = /\S+/g;
const LETTER = /\p{L}/u;
const LONGEST = 4_096; // characters of a text that are left; nobody reads more of it masked

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
  const part = text.length > LONGEST ? `${text.slice(0, LONGEST).toWellFormed()}…` : text;
  return part.replace(LONG_NUMBER, dots).replace(WORD, (word) => (LETTER.test(word) ? dots(word) : word));
}

const dots = (word: string) => [...word].map((character, index) => (index === 0 ? character : '•')).join('');
