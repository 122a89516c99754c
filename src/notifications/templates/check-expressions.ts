import { helperNames } from './template-language.ts';

/** The part of JSON Schema that `z.toJSONSchema` makes of props. */
export interface PropSchema {
  readonly type?: unknown;
  readonly properties?: Readonly<Record<string, unknown>> | undefined;
  readonly items?: unknown;
}

interface Problem {
  readonly line: number;
  readonly message: string;
}

type Statement =
  | hbs.AST.MustacheStatement | hbs.AST.BlockStatement | hbs.AST.ContentStatement | hbs.AST.CommentStatement;

interface Context {
  /** What paths start from, innermost first: `this`, `../`, `../../`. */
  readonly scopes: readonly PropSchema[];
  readonly isHtml: boolean;
}

/** A text that ends inside an attribute a reader may follow; of a long text only the end is tried, to stay linear. */
const LINK_ATTRIBUTE = /\b(?:href|src|action|background)\s*=\s*["']?[^"'>]*$/i;
const LINK_ATTRIBUTE_LENGTH = 500;

/**
 * What a parsed template says beyond the language: `{{variable}}`, `{{url variable}}` and the blocks `if`, `unless` and
 * `each`, over variables of the props.
 */
export function checkExpressions(
  program: hbs.AST.Program,
  { props, isHtml }: { readonly props: PropSchema; readonly isHtml: boolean },
): readonly Problem[] {
  return checkProgram(program, { scopes: [props], isHtml });
}

function checkProgram(
  program: hbs.AST.Program | undefined,
  context: Context,
  textBeforeProgram = '',
): readonly Problem[] {
  let textBefore = textBeforeProgram;
  return ((program?.body ?? []) as Statement[]).flatMap((statement) => {
    const before = textBefore;
    if (statement.type !== 'CommentStatement') {
      textBefore = statement.type === 'ContentStatement' ? statement.value : '';
    }
    return checkStatement(statement, context, before);
  });
}

function checkStatement(statement: Statement, context: Context, textBefore: string): readonly Problem[] {
  switch (statement.type) {
    case 'ContentStatement':
    case 'CommentStatement':
      return [];
    case 'MustacheStatement':
      return checkMustache(statement, context, textBefore);
    case 'BlockStatement':
      return checkBlock(statement, context, textBefore);
    default:
      return [problem(statement, 'uses a partial or a decorator')];
  }
}

function checkMustache(
  mustache: hbs.AST.MustacheStatement,
  context: Context,
  textBefore: string,
): readonly Problem[] {
  const { path, params, hash, escaped } = mustache;
  if (!escaped) return [problem(mustache, 'is not escaped: {{{ and {{& are not allowed')];
  const name = nameOf(path);
  if (name === 'url') {
    if (params.length !== 1 || hash !== undefined) return [problem(mustache, 'url takes one variable')];
    return checkVariable(params[0], context, 'text');
  }
  if (params.length > 0 || hash !== undefined || isHelper(name)) {
    return [problem(mustache, `calls "${name}", which is no helper`)];
  }
  const unsafeLink = context.isHtml && LINK_ATTRIBUTE.test(textBefore.slice(-LINK_ATTRIBUTE_LENGTH));
  return [
    ...checkVariable(path, context, 'text'),
    ...(unsafeLink ? [problem(mustache, `a link is written {{url ${name}}}`)] : []),
  ];
}

function checkBlock(block: hbs.AST.BlockStatement, context: Context, textBefore: string): readonly Problem[] {
  const { path, params, hash, program, inverse } = block;
  const name = nameOf(path);
  if (!isHelper(name) || name === 'url') return [problem(block, `opens a block "${name}", which is no helper`)];
  const hasBlockParams = (program?.blockParams ?? inverse?.blockParams ?? []).length > 0;
  if (params.length !== 1 || hash !== undefined || hasBlockParams) {
    return [problem(block, `${name} takes one variable`)];
  }

  const own = checkVariable(params[0], context, name === 'each' ? 'list' : 'anything');
  if (own.length > 0) return own;
  const item = name === 'each' ? resolve(params[0] as hbs.AST.PathExpression, context.scopes)?.items : undefined;
  const inside = item === undefined ? context : { ...context, scopes: [item as PropSchema, ...context.scopes] };
  return [...checkProgram(program, inside, textBefore), ...checkProgram(inverse, context, textBefore)];
}

function checkVariable(
  node: hbs.AST.Node | undefined,
  { scopes }: Context,
  due: 'text' | 'list' | 'anything',
): readonly Problem[] {
  if (node === undefined || node.type !== 'PathExpression') {
    return node === undefined ? [] : [problem(node, 'has something other than a variable where one is due')];
  }
  const path = node as hbs.AST.PathExpression;
  const schema = path.data ? undefined : resolve(path, scopes);
  if (schema === undefined) return [problem(path, `variable "${path.original}" is not in the contract`)];
  const isList = schema.type === 'array';
  const isText = !isList && schema.type !== 'object';
  const fits = due === 'anything' || (due === 'list' ? isList : isText);
  return fits ? [] : [problem(path, `variable "${path.original}" is not ${due === 'list' ? 'a list' : 'text'}`)];
}

/** What the props say of a path; undefined when they do not know it. */
function resolve({ depth, parts }: hbs.AST.PathExpression, scopes: readonly PropSchema[]): PropSchema | undefined {
  let schema = scopes[depth];
  for (const part of parts) {
    const properties = schema?.properties;
    schema = properties && Object.hasOwn(properties, part) ? (properties[part] as PropSchema) : undefined;
  }
  return schema;
}

const nameOf = (path: object) => ('original' in path ? String(path.original) : '');
const isHelper = (name: string) => helperNames.some((helper) => helper === name);
const problem = ({ loc }: hbs.AST.Node, message: string): Problem => ({ line: loc?.start?.line ?? 1, message });
