import Handlebars from 'handlebars';
import { z } from 'zod';
import type { TemplatePart } from '../../documents/document-store.ts';
import { checkExpressions } from './check-expressions.ts';
import { countExpressions, scanTemplate, templateLimits } from './scan-template.ts';
import { channelParts } from './template-contract.ts';
import type { TemplateContract } from './template-contract.ts';

/** One thing wrong with a part, where a writer can find it. */
export interface TemplateProblem {
  readonly locale: string;
  readonly part: string;
  /** Counts from 1. */
  readonly line: number;
  readonly message: string;
}

/** A version that may not be published; the API answers 422 with its problems. */
export class TemplateRefused extends Error {
  override readonly name = 'TemplateRefused';
  readonly problems: readonly TemplateProblem[];

  constructor(template: string, problems: readonly TemplateProblem[]) {
    const lines = problems.map(({ locale, part, line, message }) => `${locale}/${part}.hbs:${line} ${message}`);
    super(`${template} cannot be published: ${lines.join('; ')}`);
    this.problems = problems;
  }
}

/** @throws {TemplateRefused} with everything that is wrong with a version's parts. */
export function checkTemplate(contract: TemplateContract, parts: readonly TemplatePart[]): void {
  const excess = checkExcess(parts);
  const problems = excess ?? [...checkCompleteness(contract, parts), ...parts.flatMap((part) => checkPart(contract, part))];
  if (problems.length > 0) throw new TemplateRefused(contract.name, problems);
}

/** Parts that are too many to be parsed in one go. */
function checkExcess(parts: readonly TemplatePart[]): readonly TemplateProblem[] | undefined {
  const { allExpressions } = templateLimits;
  const parsed = parts.filter(({ source }) => typeof source === 'string' && scanTemplate(source).problem === undefined);
  const expressions = parsed.reduce((sum, { source }) => sum + countExpressions(source), 0);
  if (expressions <= allExpressions) return undefined;
  const message = `and the other parts have more than ${allExpressions} expressions together`;
  return [{ locale: parts[0]?.locale ?? '*', part: '*', line: 1, message }];
}

const LOCALE = /^[a-z]{2,3}(-[a-z0-9]{2,8})*$/;

/** Every language has every part of every channel, once, and no other; one language is Spanish or English. */
function checkCompleteness({ channels }: TemplateContract, parts: readonly TemplatePart[]): readonly TemplateProblem[] {
  const expected: readonly string[] = channels.flatMap((channel) => channelParts[channel]);
  const locales = [...new Set(parts.map(({ locale }) => locale))];
  const problems = locales.flatMap((locale) => {
    const present = parts.filter((part) => part.locale === locale).map(({ part }) => part);
    const malformed = LOCALE.test(locale) ? [] : [{ part: '*', message: 'is no lower-case locale' }];
    const missing = expected.filter((part) => !present.includes(part)).map((part) => ({ part, message: 'is missing' }));
    const unexpected = present
      .filter((part, index) => !expected.includes(part) || present.indexOf(part) !== index)
      .map((part) => ({ part, message: 'is not a part of its channels, or is there twice' }));
    return [...malformed, ...missing, ...unexpected].map((problem) => ({ locale, line: 1, ...problem }));
  });
  if (locales.includes('es') || locales.includes('en')) return problems;
  return [...problems, { locale: 'es', part: '*', line: 1, message: 'is missing, and so is en' }];
}

function checkPart(contract: TemplateContract, { locale, part, source }: TemplatePart): readonly TemplateProblem[] {
  const at = ({ line, message }: { line: number; message: string }) => ({ locale, part, line, message });
  if (typeof source !== 'string') return [at({ line: 1, message: 'is not text' })];
  if (source.includes('\u0000') || !source.isWellFormed()) {
    return [at({ line: 1, message: 'holds NUL or half a character' })];
  }
  const scan = scanTemplate(source);
  if (scan.problem !== undefined) return [at(scan.problem)];
  if (/^(email\.subject|push\.title)$/.test(part) && source.trimEnd().includes('\n')) {
    return [at({ line: 2, message: `a ${part === 'push.title' ? 'title' : 'subject'} is one line` })];
  }

  let program: hbs.AST.Program;
  try {
    program = Handlebars.parse(source);
  } catch (error) {
    return [at(parseProblem(error, scan.openBlocks))];
  }
  const props = z.toJSONSchema(contract.props, { io: 'output' });
  return checkExpressions(program, { props, isHtml: part.endsWith('.html') }).map(at);
}

/** Where the parser stopped; for a block that is never closed, where it was opened. */
function parseProblem(error: unknown, openBlocks: readonly number[]): { line: number; message: string } {
  const message = error instanceof Error ? error.message : '';
  const opened = openBlocks[0];
  if (message.includes("got 'EOF'") && opened !== undefined) {
    return { line: opened, message: 'opens a block that is never closed' };
  }
  const line = /on line (\d+)/.exec(message)?.[1] ?? / - (\d+):\d+$/.exec(message)?.[1] ?? 1;
  return { line: Number(line), message: 'is not a well-formed template' };
}
