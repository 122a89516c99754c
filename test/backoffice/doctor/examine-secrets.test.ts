import { randomBytes } from 'node:crypto';
import { expect, test } from 'vitest';
import { examineSecrets, secretsOf } from '../../../src/backoffice/doctor/examine-secrets.ts';
import { complaints, findingOf } from '../../support/findings.ts';

const random = () => randomBytes(48).toString('base64');
const strong = () => ({ JWT_SECRET: random(), HASH_KEY: random(), WHATSAPP_APP_SECRET: undefined });

test('random secrets, each with one use, are fine; also hexadecimal ones', () => {
  expect(complaints(examineSecrets({ ...strong(), OTHER: '0f3a9c5be17d2486a1c0d94e7b82f653' }))).toEqual([]);
});

test.for([
  ['changeme-changeme-changeme-changeme'], ['a secret of tests, longer than 32 characters'], ['aAaAaAaAaAaAaAaAaAaAaAaAaAaAaAaA'], ['1234567890123456789012345678901234567890'],
])('%s is a problem, named by its setting and not shown', ([weak = '']) => {
  const findings = examineSecrets({ ...strong(), HASH_KEY: weak });
  expect(findingOf(findings, 'secrets')).toMatchObject({ verdict: 'problem', found: 'Examples, or easily guessed: HASH_KEY.' });
  expect(JSON.stringify(findings)).not.toContain(weak);
});

test('a secret that is used twice is a problem, named by its settings and not shown', () => {
  const shared = random();
  const secrets = secretsOf({ JWT_SECRET: shared, HASH_KEY: random(), PAYMENTS_WEBHOOK_SECRETS: [random(), shared] });
  const findings = examineSecrets(secrets);
  expect(findingOf(findings, 'secrets used once')).toMatchObject({ verdict: 'problem', found: 'The same secret is in: JWT_SECRET, PAYMENTS_WEBHOOK_SECRETS 2.' });
  expect(JSON.stringify(findings)).not.toContain(shared);
});
