import type { TemplatePart } from '../../documents/document-store.ts';
import { channelParts } from './template-contract.ts';
import type { Channel } from './template-contract.ts';
import { textFor } from '../channels/channel-text.ts';
import { openBudget, type RenderBudget } from './render-budget.ts';
import { RenderError, compilePart, plainValue } from './template-language.ts';

/** What each channel sends. */
export interface Rendered {
  readonly email: { readonly locale: string; readonly subject: string; readonly html: string; readonly text: string };
  readonly inbox: { readonly locale: string; readonly text: string };
  readonly push: { readonly locale: string; readonly title: string; readonly body: string };
  /** A parameter on each line. */
  readonly whatsapp: { readonly locale: string; readonly text: string };
}

export interface RenderRequest<C extends Channel> {
  readonly channel: C;
  /** The reader's language, BCP 47; see `chooseLocale`. */
  readonly locale: string;
  readonly props: unknown;
}

/** One version of a template, ready to render. */
export interface CompiledTemplate {
  /** @throws {RenderError} when a variable is missing or unfit, or the channel has no text. */
  render<C extends Channel>(request: RenderRequest<C>): Rendered[C];
}

/** Prepares a version; each part is compiled at its first use and then kept. */
export function compile(parts: readonly TemplatePart[]): CompiledTemplate {
  const locales = new Set(parts.map(({ locale }) => locale));
  const compiled = new Map<string, (props: unknown, budget: RenderBudget) => string>();

  function renderPart(locale: string, part: string, props: unknown, budget: RenderBudget): string {
    const key = `${locale}/${part}`;
    let template = compiled.get(key);
    if (template === undefined) {
      const found = parts.find((candidate) => candidate.locale === locale && candidate.part === part);
      if (found === undefined) throw new RenderError(`${part} does not exist in ${locale}`);
      template = compilePart(part, found.source);
      compiled.set(key, template);
    }
    return template(props, budget);
  }

  function render<C extends Channel>({ channel, locale: wanted, props }: RenderRequest<C>): Rendered[C] {
    const locale = chooseLocale(locales, wanted);
    const budget = openBudget();
    const fit = new Map<(text: string) => string, unknown>(); // parts that need the same share it
    const propsFor = (part: string) => {
      const toText = textFor(part);
      if (!fit.has(toText)) fit.set(toText, plainValue(props, toText));
      return fit.get(toText);
    };
    const texts = channelParts[channel].map((part) => {
      const text = finish(part, renderPart(locale, part, propsFor(part), budget));
      return [part.split('.')[1] ?? 'text', text] as const;
    });
    return { locale, ...Object.fromEntries(texts) } as Rendered[C];
  }
  return Object.freeze({ render });
}

/** The reader's locale, else its language, else Spanish, else English, else whatever there is. */
export function chooseLocale(available: ReadonlySet<string>, wanted: string): string {
  const exact = wanted.toLowerCase().replaceAll('_', '-');
  const language = exact.split('-')[0] ?? exact;
  const chosen = [exact, language, 'es', 'en', ...available].find((locale) => available.has(locale));
  if (chosen === undefined) throw new RenderError('the template has no text in any language');
  return chosen;
}

const ONE_LINE: ReadonlySet<string> = new Set(['email.subject', 'push.title']);

/** Drops the last line break of the file where it is no part of the text, and refuses a template's subject of several lines. */
function finish(part: string, rendered: string): string {
  if (part === 'email.html' || part === 'email.text') return rendered;
  const text = rendered.replace(/\n$/, '');
  // A subject becomes a header, and a line break in it would begin another header.
  if (ONE_LINE.has(part) && /[\p{Cc}\u2028\u2029]/u.test(text)) {
    throw new RenderError(`${part}: holds a line break or a control character`);
  }
  return text;
}
