import type { ConfigOf } from '../../config.ts';
import { type Finding, fine, problem } from '../../platform/finding.ts';

const FEWEST_CHARACTERS = 10; // different ones; random text of 32 has more, also where it is hexadecimal
const EXAMPLE = /change.?me|example|default|password|passw0rd|secret|insecure|placeholder|replace|your[-_ ]|columna|techmarket|12345|qwerty|abcdef|test/i;

type Kept = ConfigOf<'JWT_SECRET' | 'HASH_KEY' | 'PAYMENTS_WEBHOOK_SECRETS'> & Partial<ConfigOf<'WHATSAPP_APP_SECRET' | 'WHATSAPP_VERIFY_TOKEN'>>;

/** The secrets of a web process, by the names of their settings. */
export function secretsOf(config: Kept): Readonly<Record<string, string | undefined>> {
  const { JWT_SECRET, HASH_KEY, WHATSAPP_APP_SECRET, WHATSAPP_VERIFY_TOKEN } = config;
  const webhooks = config.PAYMENTS_WEBHOOK_SECRETS.map((secret, index) => [`PAYMENTS_WEBHOOK_SECRETS ${index + 1}`, secret]);
  return { JWT_SECRET, HASH_KEY, ...Object.fromEntries(webhooks), WHATSAPP_APP_SECRET, WHATSAPP_VERIFY_TOKEN };
}

/** Looks for secrets that are examples, easily guessed, or used twice. A secret is never shown. */
export function examineSecrets(secrets: Readonly<Record<string, string | undefined>>): readonly Finding[] {
  const given = Object.entries(secrets).flatMap(([name, value]) => (value === undefined ? [] : [{ name, value }]));
  const weak = given.filter(({ value }) => EXAMPLE.test(value) || new Set(value).size < FEWEST_CHARACTERS).map(({ name }) => name);
  const shared = given.filter(({ name, value }) => given.some((other) => other.name !== name && other.value === value)).map(({ name }) => name);
  return [
    weak.length === 0
      ? fine('secrets', 'None is an example or easily guessed.')
      : problem('secrets', `Examples, or easily guessed: ${weak.join(', ')}.`, 'Replace each by a random one: openssl rand -base64 48'),
    shared.length === 0
      ? fine('secrets used once', 'Each secret has one use.')
      : problem('secrets used once', `The same secret is in: ${shared.join(', ')}.`, 'Give each its own: who learns one must not have the others.'),
  ];
}
