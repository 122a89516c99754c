import { fileURLToPath } from 'node:url';

/** Name of a font that a PDF embeds. */
export type FontName = 'regular' | 'bold' | (typeof SCRIPTS)[number]['font'];

/** Scripts that have a font of their own; the rest (Latin, Greek, Cyrillic, Devanagari, signs) is Noto Sans. */
const SCRIPTS = [
  { font: 'hebrew', file: 'NotoSansHebrew-Regular.ttf', characters: /\p{Script=Hebrew}/u },
  { font: 'arabic', file: 'NotoNaskhArabic-Regular.ttf', characters: /\p{Script=Arabic}/u },
  { font: 'armenian', file: 'NotoSansArmenian-Regular.ttf', characters: /\p{Script=Armenian}/u },
  { font: 'georgian', file: 'NotoSansGeorgian-Regular.ttf', characters: /\p{Script=Georgian}/u },
  { font: 'bengali', file: 'NotoSansBengali-Regular.ttf', characters: /\p{Script=Bengali}/u },
  { font: 'tamil', file: 'NotoSansTamil-Regular.ttf', characters: /\p{Script=Tamil}/u },
  { font: 'thai', file: 'NotoSansThai-Regular.ttf', characters: /\p{Script=Thai}/u },
  {
    font: 'eastern',
    file: 'DroidSansFallback.ttf',
    characters:
      /[\p{Script=Han}\p{Script=Hiragana}\p{Script=Katakana}\p{Script=Hangul}\p{Script=Bopomofo}\u3000-\u303f\uff00-\uffef]/u,
  },
  {
    font: 'emoji',
    file: 'NotoEmoji-Regular.ttf',
    characters: /\p{Emoji_Presentation}|\p{Regional_Indicator}|\p{Extended_Pictographic}(?=\ufe0f)|[\u2600-\u27bf]/u,
  },
] as const;

const FILES: Readonly<Record<FontName, string>> = {
  regular: 'NotoSans-Regular.ttf',
  bold: 'NotoSans-Bold.ttf',
  ...(Object.fromEntries(SCRIPTS.map(({ font, file }) => [font, file])) as Record<
    (typeof SCRIPTS)[number]['font'],
    string
  >),
};

/** Returns the file of a font. */
export const fontFile = (font: FontName): string =>
  fileURLToPath(new URL(`../../../fonts/${FILES[font]}`, import.meta.url));

/** Returns the font that has a character. */
export const fontFor = (character: string, isBold: boolean): FontName =>
  SCRIPTS.find(({ characters }) => characters.test(character))?.font ?? (isBold ? 'bold' : 'regular');
