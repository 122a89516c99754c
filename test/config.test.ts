import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { readConfig } from '../src/config.ts';
import { ConfigError } from '../src/platform/config-error.ts';

const SECRET = 'Hunter2!Hunter2!Hunter2!Hunter2!Hunter2!';
const shared = { DATABASE_URL: 'postgres://u:p@127.0.0.1/db', REDIS_URL: 'redis://127.0.0.1' };
const worker = ['SMTP_URL', 'MAIL_FROM', 'PUBLIC_URL', 'LOCK_SECONDS', 'CANARY_SECONDS'] as const;
const NOT_ONE = '  JWT_SECRET, JWKS_URL: set exactly one of them';
const tokens = ['JWT_SECRET', 'JWKS_URL'] as const;

function complaint(read: () => unknown): string {
  try {
    read();
  } catch (error) {
    expect(error).toBeInstanceOf(ConfigError);
    return (error as Error).message;
  }
  return 'none';
}

test('what is not given has its default, and what is given as text has its type', () => {
  const given = { ...shared, SMTP_URL: 'smtp://mail', LOCK_SECONDS: '7.5', PORT: '', CANARY_SECONDS: ' ' };
  const config = readConfig([...worker, 'PORT', 'QUEUE_DEPTH'], given);
  expect(config).toEqual({
    ...shared,
    REDIS_PREFIX: 'columna', METRICS_HOST: '127.0.0.1', LOG_LEVEL: 'info', STOP_SECONDS: 20,
    OTEL_EXPORTER_OTLP_HEADERS: {}, OTEL_TRACES_SAMPLER_ARG: 0.1,
    SMTP_URL: 'smtp://mail', MAIL_FROM: 'TechMarket AI <no-reply@techmarket.example>',
    PUBLIC_URL: 'http://localhost:3000',
    LOCK_SECONDS: 7.5, CANARY_SECONDS: 60, PORT: 3_000, QUEUE_DEPTH: 64,
  });
  expect(Object.isFrozen(config)).toBe(true);
});

test('a process is not asked for what it does not need', () => {
  expect(readConfig([], { ...shared, SMTP_URL: 'nonsense', PORT: 'nonsense' })).not.toHaveProperty('SMTP_URL');
});

test('every mistake is listed at once, by its field and what it should be', () => {
  const env = {
    REDIS_URL: 'http://127.0.0.1', REDIS_PREFIX: 'Not:Allowed', METRICS_PORT: '70000', LOG_LEVEL: 'loud',
    STOP_SECONDS: '0',
    MAIL_FROM: 'a\r\nBcc: b', PUBLIC_URL: 'ftp://x', LOCK_SECONDS: 'soon', CANARY_SECONDS: '1e9',
  };
  const lines = complaint(() => readConfig(worker, env)).split('\n');
  expect(lines).toEqual([
    'the environment is wrong:',
    '  DATABASE_URL: is missing',
    '  REDIS_URL: a URL that begins with redis:// or rediss://',
    '  REDIS_PREFIX: a-z, 0-9 and -, at most 40',
    '  METRICS_PORT: a port',
    '  LOG_LEVEL: Invalid option: expected one of "fatal"|"error"|"warn"|"info"|"debug"|"trace"|"silent"',
    '  STOP_SECONDS: Too small: expected number to be >=1',
    '  SMTP_URL: is missing',
    '  MAIL_FROM: one line',
    '  PUBLIC_URL: a URL that begins with http:// or https://',
    '  LOCK_SECONDS: Invalid input: expected number, received NaN',
    '  CANARY_SECONDS: Too big: expected number to be <=3600',
  ]);
});

test.for([
  'DATABASE_URL', 'REDIS_URL', 'REDIS_PREFIX', 'MONGODB_URL', 'METRICS_PORT', 'LOG_LEVEL', 'STOP_SECONDS', 'SMTP_URL',
  'PUBLIC_URL', 'LOCK_SECONDS', 'CANARY_SECONDS', 'JWKS_URL',
])('a wrong %s is named without its value, which may hold a secret', (field) => {
  for (const wrong of [SECRET, `wrong://user:${SECRET}@host/db`, `postgres:// ${SECRET}`, `${SECRET}\n`]) {
    const env = { ...shared, SMTP_URL: 'smtp://mail', JWT_SECRET: SECRET, [field]: wrong };
    const said = complaint(() => readConfig([...worker, ...tokens], env));
    expect(said).toContain(`  ${field}: `);
    expect(said).not.toContain('Hunter2');
  }
});

test.for<[string, NodeJS.ProcessEnv, string]>([
  ['neither of them', {}, NOT_ONE],
  ['both of them', { JWT_SECRET: SECRET, JWKS_URL: 'https://id.example/jwks' }, NOT_ONE],
  ['a short secret', { JWT_SECRET: 'short-Hunter2' }, '  JWT_SECRET: at least 32 characters'],
])('tokens can not be checked with %s', ([, env, line]) => {
  const said = complaint(() => readConfig(tokens, { ...shared, ...env }));
  expect(said).toBe(`the environment is wrong:\n${line}`);
});

test.for(['JWT_SECRET', 'JWKS_URL'] as const)('%s alone is enough to check tokens', (field) => {
  const value = field === 'JWT_SECRET' ? SECRET : 'https://id.example/jwks';
  expect(readConfig(tokens, { ...shared, [field]: value })[field]).toBe(value);
});

test.for<[string, string, string]>([
  ['VAPID_PRIVATE_KEY', 'VAPID_SUBJECT', 'mailto:ops@techmarket.example'],
  ['WHATSAPP_PHONE_NUMBER_ID', 'WHATSAPP_ACCESS_TOKEN', SECRET],
  ['WHATSAPP_APP_SECRET', 'WHATSAPP_VERIFY_TOKEN', SECRET],
])('%s means nothing without %s', ([one, other, value]) => {
  const said = complaint(() => readConfig([one, other] as never, { ...shared, [other]: value }));
  expect(said).toBe(`the environment is wrong:\n  ${one}, ${other}: set both of them or neither`);
});

test('a service account is its key file’s JSON, and a wrong one is named without its text', () => {
  const account = {
    project_id: 'p', client_email: 'a@b.example', private_key: SECRET, token_uri: 'https://oauth2.example/token',
  };
  const read = (text: string) => readConfig(['FCM_SERVICE_ACCOUNT'], { ...shared, FCM_SERVICE_ACCOUNT: text });
  expect(read(JSON.stringify({ ...account, type: 'service_account' })).FCM_SERVICE_ACCOUNT).toEqual(account);
  for (const wrong of [`{"private_key":"${SECRET}"`, JSON.stringify({ ...account, token_uri: SECRET })]) {
    const said = complaint(() => read(wrong));
    expect(said).toBe('the environment is wrong:\n  FCM_SERVICE_ACCOUNT: the JSON of a service account’s key file');
  }
});

test('headers for the collector are read as OpenTelemetry writes them, and wrong ones are named without their text', () => {
  const read = (OTEL_EXPORTER_OTLP_HEADERS: string) => readConfig([], { ...shared, OTEL_EXPORTER_OTLP_HEADERS });
  const headers = { Authorization: 'Basic YTpi==', 'x-tenant': 'a' };
  expect(read('Authorization=Basic%20YTpi==, x-tenant=a').OTEL_EXPORTER_OTLP_HEADERS).toEqual(headers);
  for (const wrong of [SECRET, `a=${SECRET}%`, `a=1,${SECRET}`]) {
    expect(complaint(() => read(wrong))).toMatch(/^the environment is wrong:\n {2}OTEL_EXPORTER_OTLP_HEADERS: name=value[^\n]*$/);
    expect(complaint(() => read(wrong))).not.toContain(SECRET);
  }
});

test.for([
  ['JOB_CRONS', '{"recalculate-ranking":"61 * * * *"}', '  JOB_CRONS: recalculate-ranking: '],
  ['JOB_CRONS', '{"recalculate-ranking":"0 0 31 2 *"}', '  JOB_CRONS: recalculate-ranking: '],
  ['JOB_CRONS', '{"recalculate-ranking":5}', '  JOB_CRONS: JSON like '],
  ['SETTLEMENT_GRACE_DAYS', '{"sandpay":-1}', '  SETTLEMENT_GRACE_DAYS: JSON like '],
  ['SETTLEMENT_GRACE_DAYS', '{"sandpay":1.5}', '  SETTLEMENT_GRACE_DAYS: JSON like '],
  ['SETTLEMENT_GRACE_DAYS', '2', '  SETTLEMENT_GRACE_DAYS: JSON like '],
  ['JOB_CRONS', '0 0 * * *', '  JOB_CRONS: JSON like '],
  ['JOB_TIME_ZONE', 'Mars/X', '  JOB_TIME_ZONE: an IANA time zone'],
  ['WORKER_CONSUMERS', 'notify, fall-back', '  WORKER_CONSUMERS: names with commas between, or none'],
  ['WORKER_JOBS', ',', '  WORKER_JOBS: names with commas between, or none'],
  ['WORKER_CONCURRENCY', 'notify=4', '  WORKER_CONCURRENCY: JSON like {"notify":4}, each from 1 to 100'],
  ['WORKER_CONCURRENCY', '{"notify":0}', '  WORKER_CONCURRENCY: JSON like {"notify":4}, each from 1 to 100'],
  ['WORKER_CONCURRENCY', '{"notify":101}', '  WORKER_CONCURRENCY: JSON like {"notify":4}, each from 1 to 100'],
  ['WORKER_CONCURRENCY', '{"notify":1.5}', '  WORKER_CONCURRENCY: JSON like {"notify":4}, each from 1 to 100'],
] as const)('%s %s is refused by its name', ([field, value, expected]) => {
  const [, line] = complaint(() => readConfig([field], { ...shared, [field]: value })).split('\n');
  expect(line?.startsWith(expected)).toBe(true);
});

test('a worker runs everything unless some consumers or jobs are named, and none of a kind when told so', () => {
  const read = (env: NodeJS.ProcessEnv) => {
    const { WORKER_CONSUMERS, WORKER_JOBS, WORKER_CONCURRENCY } = readConfig(['WORKER_CONSUMERS', 'WORKER_JOBS', 'WORKER_CONCURRENCY'], { ...shared, ...env });
    return { WORKER_CONSUMERS, WORKER_JOBS, WORKER_CONCURRENCY };
  };
  expect(read({})).toEqual({ WORKER_CONSUMERS: undefined, WORKER_JOBS: undefined, WORKER_CONCURRENCY: {} });
  expect(read({ WORKER_CONSUMERS: 'notify,fall-back', WORKER_JOBS: 'none', WORKER_CONCURRENCY: '{"notify":8}' })).toEqual({
    WORKER_CONSUMERS: ['notify', 'fall-back'], WORKER_JOBS: [], WORKER_CONCURRENCY: { notify: 8 },
  });
});

test('the example lists every setting', () => {
  const read = (path: string) => readFileSync(new URL(`../${path}`, import.meta.url), 'utf8');
  const settings = [...read('src/config.ts').matchAll(/^  ([A-Z][A-Z0-9_]+):/gm)].map(([, name]) => name);
  const listed = new Set([...read('.env.example').matchAll(/^#?([A-Z][A-Z0-9_]+)=/gm)].map(([, name]) => name));
  expect(settings.length).toBeGreaterThan(50);
  expect(settings.filter((name) => !listed.has(name))).toEqual([]);
});
