import Handlebars from 'handlebars';
import { BudgetExceeded, longestText, openBudget, type RenderBudget } from './render-budget.ts';
import { countExpressions } from './scan-template.ts';

/** A notification that cannot be rendered; the message names parts and variables and never holds a value. */
export class RenderError extends Error {
  override readonly name = 'RenderError';
}

/** What a template may call. Props may not have these names. */
export const helperNames = Object.freeze(['each', 'if', 'unless', 'url'] as const);

/** Stands for an object in rendered text, where no value can hold it: `plainValue` refuses NUL. */
const OBJECT_MARK = '\u0000';
const MISSING = /^"([^"]*)" not defined in/;
const BUILT_IN_BUT_OFF = ['helperMissing', 'blockHelperMissing', 'log', 'lookup', 'with'];

const OPTIONS = Object.freeze({
  strict: true, // a missing variable throws
  knownHelpersOnly: true,
  knownHelpers: Object.fromEntries([
    ...helperNames.map((name) => [name, true]),
    ...BUILT_IN_BUT_OFF.map((name) => [name, false]),
  ]),
  trackIds: true, // tells a helper its argument's name
  data: false, // no @root, @index, …
  preventIndent: true,
});

/**
 * Prepares one part; what it returns renders `plainValue`s, or throws `RenderError`, also where a budget is used up. Only
 * parts in HTML are escaped.
 * What is wrong with the source itself only `checkTemplate` says.
 */
export function compilePart(part: string, source: string): (props: unknown, budget?: RenderBudget) => string {
  // An object would be taken for a syntax tree, which is code.
  if (typeof source !== 'string') throw new RenderError(`${part} is not text`);
  const handlebars = Handlebars.create();
  const expressions = countExpressions(source);
  let left: RenderBudget | undefined; // of the rendering under way
  handlebars.registerHelper({
    url,
    each(this: unknown, list: unknown, call: HelperCall) {
      return each.call(this, list, call, (text) => {
        left?.checkCharacters(text);
        left?.takeSteps(1 + expressions);
      });
    },
  });
  const template = handlebars.compile<unknown>(source, { ...OPTIONS, noEscape: !part.endsWith('.html') });

  return (props, budget = openBudget()) => {
    left = budget;
    const text = named(part, () => {
      budget.takeEvaluated(expressions * longestText(props));
      const rendered = template(props);
      budget.takeCharacters(rendered.length);
      return rendered;
    });
    if (text.includes(OBJECT_MARK)) throw new RenderError(`${part}: an object stands where text is due`);
    return text;
  };
}

function named(part: string, render: () => string): string {
  try {
    return render();
  } catch (error) {
    if (error instanceof RenderError || error instanceof BudgetExceeded) throw new RenderError(`${part}: ${error.message}`);
    const missing = error instanceof Error ? MISSING.exec(error.message)?.[1] : undefined;
    // What Handlebars says may quote a value, so it goes no further.
    const reason = missing === undefined ? 'cannot be rendered' : `variable "${missing}" is missing`;
    throw new RenderError(`${part}: ${reason}`);
  }
}

interface HelperCall extends Handlebars.HelperOptions {
  /** The argument's path, because of `trackIds`. */
  readonly ids: readonly unknown[];
}

const missingArgument = ({ ids }: HelperCall) => new RenderError(`variable "${String(ids[0])}" is missing`);

/** `{{url link}}`: a link a reader may safely follow. Plain http is for this machine only. */
function url(link: unknown, call: HelperCall): string {
  if (link === undefined) throw missingArgument(call);
  const parsed = URL.parse(String(link));
  const isLocal = parsed?.protocol === 'http:' && ['localhost', '127.0.0.1'].includes(parsed.hostname);
  if (parsed === null || !(isLocal || ['https:', 'mailto:', 'tel:'].includes(parsed.protocol))) {
    throw new RenderError(`variable "${String(call.ids[0])}" is not an https, mailto or tel link`);
  }
  return parsed.href;
}

/**
 * `{{#each list}}`, like Handlebars's own but strict: a missing list throws. `assertRoom` is called before each item with
 * the characters so far.
 */
function each(this: unknown, list: unknown, call: HelperCall, assertRoom: (characters: number) => void): string {
  if (!Array.isArray(list)) throw missingArgument(call);
  if (list.length === 0) return call.inverse(this);
  let text = '';
  for (const item of list) {
    assertRoom(text.length);
    text += call.fn(item);
  }
  return text;
}

/** No prototype to reach, and a mark instead of `[object Object]`; symbols are out of a template's reach. */
const PLAIN: object = Object.freeze(
  Object.assign(Object.create(null) as object, { [Symbol.toPrimitive]: () => OBJECT_MARK }),
);

/**
 * Copies props as templates may see them: text made fit by `toText`, numbers, booleans, lists and objects of those. Null
 * and undefined are left out, and so count as missing.
 * @throws {RenderError} for anything else, and for text that holds NUL.
 */
export function plainValue(value: unknown, toText: (text: string) => string = (text) => text, path = 'props'): unknown {
  if (typeof value === 'string' && !value.includes(OBJECT_MARK)) return toText(value);
  if (typeof value === 'number' || typeof value === 'boolean') return value;
  if (Array.isArray(value)) return value.map((item, index) => plainValue(item, toText, `${path}[${index}]`));
  const prototype: unknown = typeof value === 'object' && value !== null ? Object.getPrototypeOf(value) : undefined;
  if (prototype !== Object.prototype && prototype !== null) throw new RenderError(`${path} cannot be rendered`);
  const copy = Object.create(PLAIN) as Record<string, unknown>;
  for (const [key, item] of Object.entries(value as object)) {
    if (item !== null && item !== undefined) copy[key] = plainValue(item, toText, `${path}.${key}`);
  }
  return copy;
}
