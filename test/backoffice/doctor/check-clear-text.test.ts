import { expect, test } from 'vitest';
import { checkClearText } from '../../../src/backoffice/doctor/check-clear-text.ts';

test.each([
  ['https://columna.example', 'https://keys.example/jwks', ''],
  ['http://127.0.0.1:3000', undefined, ''],
  ['http://localhost:3000', 'http://[::1]/jwks', ''],
  ['http://columna.example', undefined, 'Without TLS: PUBLIC_URL.'],
  ['http://127.0.0.1.columna.example', 'http://10.0.0.7/jwks', 'Without TLS: PUBLIC_URL, JWKS_URL.'],
])('with the public URL %s and the key set %s', (PUBLIC_URL, JWKS_URL, found) => {
  const [finding] = checkClearText({ PUBLIC_URL, JWKS_URL });
  expect(finding).toMatchObject(found === '' ? { verdict: 'fine' } : { verdict: 'warning', found });
});
