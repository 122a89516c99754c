import type { Context } from 'hono';
import { deleteCookie, getCookie, setCookie } from 'hono/cookie';
import { assertRole, type Caller, type Tokens } from '../../api/http/auth.ts';
import type { ApiDeps, Env } from '../../api/http/context.ts';
import { Problem } from '../../api/http/problem.ts';

const COOKIE = 'columna_session';
/** Browsers keep no cookie for more than 400 days (RFC 6265bis); a day less, for clocks differ. */
const LONGEST_COOKIE_MS = 399 * 86_400_000;

export interface SessionOptions {
  readonly tokens: Tokens;
  readonly publicUrl: string;
}

/**
 * Begins an operator's session: the token itself, out of reach of scripts and of other sites, for as long as it lasts.
 * @throws {Problem} 401 or 403 when the token is not an operator's.
 */
export async function beginSession(
  c: Context<Env>,
  token: string,
  { tokens, publicUrl }: SessionOptions,
): Promise<void> {
  const caller = await tokens.verify(token, true);
  assertRole(caller, 'backoffice:read');
  const secure = publicUrl.startsWith('https:');
  const expires = new Date(Math.min(caller.expiresAt.getTime(), Date.now() + LONGEST_COOKIE_MS));
  setCookie(c, COOKIE, token, { httpOnly: true, sameSite: 'Strict', path: '/backoffice', secure, expires });
}

/** Ends the session: its token is refused from now on, in whatever browser. A token that proves nothing is dropped. */
export async function endSession(
  c: Context<Env>,
  { tokens, revocations }: Pick<ApiDeps, 'tokens' | 'revocations'>,
): Promise<void> {
  const token = getCookie(c, COOKIE);
  const caller = token === undefined ? undefined : await tokens.verify(token, true).catch(refused);
  if (caller?.roles.has('backoffice:read')) await revocations.revoke(caller);
  deleteCookie(c, COOKIE, { path: '/backoffice' });
}

/** Returns undefined for a token that is refused. */
function refused(error: unknown): undefined {
  if (!(error instanceof Problem) || error.status >= 500) throw error;
}

/** The operator whose session it is. @throws {Problem} 401 without one, 403 when it is no operator's. */
export async function requireSession(c: Context<Env>, tokens: Tokens): Promise<Caller> {
  const token = getCookie(c, COOKIE);
  if (token === undefined) throw new Problem(401, 'Sign in at /backoffice/sign-in.');
  const caller = await tokens.verify(token, true);
  assertRole(caller, 'backoffice:read');
  return caller;
}

/** Refuses what a browser sends on another site's behalf. @throws {Problem} 403 */
export function assertSameOrigin(c: Context<Env>, publicUrl: string): void {
  const site = c.req.header('Sec-Fetch-Site') ?? 'same-origin';
  const origin = c.req.header('Origin');
  const own = [new URL(c.req.url).origin, new URL(publicUrl).origin];
  if ((site !== 'same-origin' && site !== 'none') || (origin !== undefined && !own.includes(origin))) {
    throw new Problem(403, 'This came from another site.');
  }
}
