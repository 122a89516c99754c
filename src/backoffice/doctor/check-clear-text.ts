import type { ConfigOf } from '../../config.ts';
import { type Finding, fine, warning } from '../../platform/finding.ts';

/** URLs over which tokens, cookies and keys travel. */
export type SensitiveUrls = ConfigOf<'PUBLIC_URL' | 'JWKS_URL'>;

const ADVICE = 'Use https:// there: otherwise a session’s cookie is not marked Secure, and the network can read it.';
const LOOPBACK = /^(localhost|127(\.\d+){3}|\[::1\])$/;

/** Warns of URLs without TLS. A path that does not leave the machine needs none. */
export function checkClearText({ PUBLIC_URL, JWKS_URL }: SensitiveUrls): readonly Finding[] {
  const open = Object.entries({ PUBLIC_URL, JWKS_URL }).flatMap(([name, text]) => {
    const url = URL.parse(text ?? '');
    return url?.protocol === 'http:' && !LOOPBACK.test(url.hostname) ? [name] : [];
  });
  return [
    open.length === 0
      ? fine('clear text', 'Tokens and sessions travel by TLS, or do not leave the machine.')
      : warning('clear text', `Without TLS: ${open.join(', ')}.`, ADVICE),
  ];
}
