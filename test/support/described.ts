import type { Schema } from '../../src/api/openapi/shapes.ts';
import { closed, openValidator, readDocument, type Route, routesOf } from './api-document.ts';

/** A route's way to be recognised, and its compiled answers by status. */
interface Known {
  readonly route: Route;
  readonly pattern: RegExp;
}

let reading: ReturnType<typeof read> | undefined;

async function read() {
  const document = closed(await readDocument());
  const known = routesOf(document)
    .toSorted((one, other) => one.path.split('{').length - other.path.split('{').length)
    .map((route): Known => ({ route, pattern: new RegExp(`^${route.path.replaceAll(/\{\w+\}/g, '[^/]+')}$`) }));
  const compile = openValidator(document);
  const compiled = new Map<Schema, ReturnType<typeof compile>>();
  const validate = (schema: Schema) => {
    const found = compiled.get(schema) ?? compile(schema);
    compiled.set(schema, found);
    return found;
  };
  return { known, validate };
}

/** Passes an answer on. @throws {Error} when the reference does not have it like this. */
export async function described(method: string, path: string, response: Response): Promise<Response> {
  const { known, validate } = await (reading ??= read());
  const { pathname } = new URL(path, 'http://localhost');
  const route = known.find((one) => one.route.method === method && one.pattern.test(pathname))?.route;
  // A server error is no promise, and a path that leads to no route has none.
  if (route === undefined || response.status === 500) return response;
  const where = `${method} ${route.path} ${response.status}`;
  const answer = route.operation.responses[response.status];
  if (answer === undefined) throw new Error(`${where} is not in the reference: ${await response.clone().text()}`);
  const type = (response.headers.get('Content-Type') ?? '').replace(/;.*/, '');
  const schema = answer.content?.[type]?.schema;
  if (schema === undefined) throw new Error(`${where} has the type ${type}, which is not in the reference`);
  for (const name of ['Location', 'Retry-After', 'Idempotency-Replayed', 'Next-Cursor', 'WWW-Authenticate']) {
    const isPresent = response.headers.has(name);
    if (isPresent && answer.headers?.[name] === undefined)
      throw new Error(`${where} has ${name}, which is not in the reference`);
    if (!isPresent && name === 'Location' && answer.headers?.[name] !== undefined)
      throw new Error(`${where} has no ${name}`);
  }
  if (!type.endsWith('json')) return response;
  const fits = validate(schema);
  if (!fits(await response.clone().json()))
    throw new Error(`${where} is not as in the reference: ${JSON.stringify(fits.errors)}`);
  return response;
}
