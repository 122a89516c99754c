import { z } from 'zod';
import {
  address, allowances, concurrency, crons, databaseUrl, daysByProvider, headers, names, origins, port, serviceAccount, url,
} from './config-types.ts';
import { ConfigError } from './platform/config-error.ts';
import { scheduleMistake } from './kernel/jobs/schedule.ts';

const WEB_PUSH_ORIGINS = [
  'https://fcm.googleapis.com', 'https://updates.push.services.mozilla.com', 'https://web.push.apple.com',
  'https://*.notify.windows.com',
].join(',');

const environment = z.object({
  DATABASE_URL: databaseUrl,
  REDIS_URL: url('redis', 'rediss'),
  REDIS_PREFIX: z.string().regex(/^[a-z0-9-]{1,40}$/, 'a-z, 0-9 and -, at most 40').default('columna'),
  MONGODB_URL: url('mongodb', 'mongodb+srv').optional(),

  /** Address on which a process listens; every address of the machine when absent. */
  HOST: address.optional(),
  PORT: port.default(3000),
  /** Port on which a process shows `/livez` and `/metrics`; 0 takes a free one. Absent: nowhere. */
  METRICS_PORT: port.optional(),
  /** Address of that port. Metrics tell of the business, so the whole network has to be asked for. */
  METRICS_HOST: address.default('127.0.0.1'),
  /** The address under which clients reach us, and the links in mails that leave a category. */
  PUBLIC_URL: url('http', 'https').default('http://localhost:3000'),

  /** Where notifications lead: the marketplace's application. */
  APP_URL: url('http', 'https').default('http://localhost:3000'),

  JWT_ISSUER: z.string().min(1).default('techmarket'),
  JWT_AUDIENCE: z.string().min(1).default('columna'),
  /** Hours from now after which no token may expire: one that was stolen would be good for as long. */
  JWT_MAX_HOURS: z.coerce.number().min(1).max(17_520).default(24),
  JWT_SECRET: z.string().min(32, 'at least 32 characters').optional(),
  JWKS_URL: url('http', 'https').optional(),

  /** Hashes what must be recognised and not known: visitors, payment instruments. Another key recognises none. */
  HASH_KEY: z.string().min(32, 'at least 32 characters'),
  /** What payment providers sign with; two while one replaces the other. */
  PAYMENTS_WEBHOOK_SECRETS: z
    .string()
    .regex(/^[^,\s]{32,}(,[^,\s]{32,})?$/, 'one secret or two, with a comma between, each of at least 32 characters')
    .transform((list): readonly string[] => list.split(',')),

  /** Where the payment provider's settlement reports are fetched, and our token there; without them operators bring them. */
  PAYMENTS_URL: url('http', 'https').optional(),
  PAYMENTS_ACCESS_TOKEN: z.string().regex(/^[\x21-\x7e]{1,1000}$/, 'a token').optional(),

  /** Proxies in front of us that write X-Forwarded-For; what they did not write is not believed. */
  TRUSTED_PROXIES: z.coerce.number().int().min(0).max(10).default(0),
  /** Origins whose pages may call the API with a token; none when absent. */
  CORS_ORIGINS: origins.default([]),
  /** Requests a minute that one user may make. */
  USER_RATE: z.coerce.number().int().min(1).max(10_000_000).default(600),
  /** Requests a minute that may come from one network address. */
  ADDRESS_RATE: z.coerce.number().int().min(1).max(10_000_000).default(6_000),
  /** Connections that one network address may have open, where clients connect without a proxy. */
  CONNECTIONS_PER_ADDRESS: z.coerce.number().int().min(1).max(1_000_000).default(256),
  /** Idempotency-Keys that are stored for one user, or for one member of a tenant, in 24 hours. */
  KEYS_PER_DAY: z.coerce.number().int().min(1).max(100_000_000).default(10_000),
  /** Bounds on what one person causes for others: other numbers than the defaults of `src/domain/bounds.ts`, as JSON. */
  BOUNDS: allowances.default({}),
  /** Live streams of inboxes that one web process keeps open. */
  INBOX_STREAMS: z.coerce.number().int().min(1).max(100_000).default(5_000),

  SMTP_URL: url('smtp', 'smtps'),
  MAIL_FROM: z.string().regex(/^[^\r\n]{3,200}$/, 'one line').default('TechMarket AI <no-reply@techmarket.example>'),

  /** Push to apps, where it is set. */
  FCM_SERVICE_ACCOUNT: serviceAccount.optional(),
  FCM_URL: url('http', 'https').default('https://fcm.googleapis.com'),
  /** Push to browsers, where it is set: the scalar of a P-256 key, base64url. Another key reaches no subscription. */
  VAPID_PRIVATE_KEY: z.string().regex(/^[\w-]{43}$/, '43 characters of base64url').optional(),
  /** What belongs to it, uncompressed: browsers subscribe with it. */
  VAPID_PUBLIC_KEY: z.string().regex(/^B[\w-]{86}$/, '87 characters of base64url, a P-256 point').optional(),
  /** How push services reach us when something is wrong. */
  VAPID_SUBJECT: z.string().regex(/^(mailto:|https:\/\/)\S+$/, 'mailto: or https://').optional(),
  /** Push services that a browser may name; we post to no other address. `*` stands for the first label. */
  WEB_PUSH_ORIGINS: z
    .string()
    .regex(/^https?:\/\/[*\w.:-]+(,https?:\/\/[*\w.:-]+)*$/, 'origins, with commas between')
    .default(WEB_PUSH_ORIGINS)
    .transform((list): readonly string[] => list.split(',')),

  /** WhatsApp, where it is set: the number that sends, as the Cloud API names it, and a token that may use it. */
  WHATSAPP_PHONE_NUMBER_ID: z.string().regex(/^\d{5,20}$/, '5 to 20 digits').optional(),
  WHATSAPP_ACCESS_TOKEN: z.string().regex(/^[\x21-\x7e]{1,1000}$/, 'a token').optional(),
  WHATSAPP_URL: url('http', 'https').default('https://graph.facebook.com'),
  WHATSAPP_VERSION: z.string().regex(/^v\d{1,3}\.\d$/, 'like v23.0').default('v23.0'),
  /** What the Cloud API signs its reports with, and what it shows when it asks whether it is us. */
  WHATSAPP_APP_SECRET: z.string().min(16, 'at least 16 characters').optional(),
  WHATSAPP_VERIFY_TOKEN: z.string().min(16, 'at least 16 characters').optional(),

  /** Sendings a second that a provider takes of us, by all workers together. */
  EMAIL_PER_SECOND: z.coerce.number().int().min(1).max(100_000).default(1_000),
  PUSH_PER_SECOND: z.coerce.number().int().min(1).max(100_000).default(1_000),
  WHATSAPP_PER_SECOND: z.coerce.number().int().min(1).max(100_000).default(80),
  /**
   * Notifications an hour that leave for one user by one channel; the rest waits. 0 lets any number leave: a campaign has
   * few users, who get thousands.
   */
  NOTIFICATIONS_PER_HOUR: z.coerce.number().int().min(0).max(1_000_000).default(30),
  /** Minutes for which notifications of little weight are gathered into one. */
  DIGEST_MINUTES: z.coerce.number().min(0.01).max(10_080).default(60),

  /** Days after a capture's day that a provider has to settle it, by provider; 2 where absent. Later it is missing there. */
  SETTLEMENT_GRACE_DAYS: daysByProvider.default({}),

  /** Consumers that a worker runs; all of them when absent. */
  WORKER_CONSUMERS: names.optional(),
  /** Jobs that a worker runs; all of them when absent. */
  WORKER_JOBS: names.optional(),
  /** Batches that a worker handles at once, by consumer; the others keep what they declare. */
  WORKER_CONCURRENCY: concurrency.default({}),

  /** Cron expressions of jobs that are to run at other times than they declare. */
  JOB_CRONS: crons.default({}),
  /** The zone on whose wall the jobs' times are, IANA. */
  JOB_TIME_ZONE: z
    .string()
    .refine((timeZone) => scheduleMistake({ cron: '0 0 * * *', timeZone }) === undefined, 'an IANA time zone')
    .optional(),

  /** Where traces go, an OTLP collector over HTTP; absent: nobody records any. */
  OTEL_EXPORTER_OTLP_ENDPOINT: url('http', 'https').optional(),
  /** What it is told with every post. */
  OTEL_EXPORTER_OTLP_HEADERS: headers.default({}),
  /** Of the traces that begin here, how many are recorded: 0 to 1. */
  OTEL_TRACES_SAMPLER_ARG: z.coerce.number().min(0).max(1).default(0.1),

  LOG_LEVEL: z.enum(['fatal', 'error', 'warn', 'info', 'debug', 'trace', 'silent']).default('info'),
  /** Batches that may wait in one queue; everything beyond waits in PostgreSQL. */
  QUEUE_DEPTH: z.coerce.number().int().min(4).max(100_000).default(64),
  /** Seconds after which a batch that Redis does not have is published again. */
  SWEEP_GRACE_SECONDS: z.coerce.number().min(1).max(3_600).default(30),
  /** Seconds a job stays a worker's without a sign of life. */
  LOCK_SECONDS: z.coerce.number().min(2).max(300).default(30),
  /** Seconds without progress on waiting work until a worker gives itself up. */
  CANARY_SECONDS: z.coerce.number().min(5).max(3_600).default(60),
  /** Seconds that a process may take to stop. */
  STOP_SECONDS: z.coerce.number().min(1).max(300).default(20),
});

type Environment = z.infer<typeof environment>;
export type Config = Readonly<Environment>;
/** A process names the settings it needs; a web process needs no SMTP server. */
export type ConfigOf<Fields extends keyof Environment> = Readonly<Pick<Environment, Fields>>;

const SHARED = [
  'DATABASE_URL', 'REDIS_URL', 'REDIS_PREFIX', 'MONGODB_URL', 'HOST', 'METRICS_HOST', 'METRICS_PORT',
  'LOG_LEVEL', 'STOP_SECONDS',
  'OTEL_EXPORTER_OTLP_ENDPOINT', 'OTEL_EXPORTER_OTLP_HEADERS', 'OTEL_TRACES_SAMPLER_ARG',
] as const;
type Shared = (typeof SHARED)[number];

/** Settings that mean nothing alone. */
const PAIRS = [
  ['VAPID_PRIVATE_KEY', 'VAPID_SUBJECT'],
  ['WHATSAPP_PHONE_NUMBER_ID', 'WHATSAPP_ACCESS_TOKEN'],
  ['WHATSAPP_APP_SECRET', 'WHATSAPP_VERIFY_TOKEN'],
  ['PAYMENTS_URL', 'PAYMENTS_ACCESS_TOKEN'],
] as const;

/**
 * Reads what every process needs and the named fields from the environment.
 * @throws {ConfigError} that lists every mistake at once.
 */
export function readConfig<Field extends keyof Environment = never>(
  fields: readonly Field[],
  env: NodeJS.ProcessEnv = process.env,
): ConfigOf<Shared | Field> {
  const mask = Object.fromEntries([...SHARED, ...fields].map((field) => [field, true]));
  const present = Object.fromEntries(Object.entries(env).filter(([, value]) => value?.trim() !== ''));
  const read = environment.pick(mask as { [Key in keyof Environment]?: true }).safeParse(present);
  const mistakes = read.success ? [] : read.error.issues.map(({ path, message }) => {
    const field = path.join('.');
    return `  ${field}: ${present[field] === undefined ? 'is missing' : message}`;
  });
  const wantsTokens = (fields as readonly string[]).includes('JWT_SECRET');
  if (wantsTokens && (present['JWT_SECRET'] === undefined) === (present['JWKS_URL'] === undefined)) {
    mistakes.push('  JWT_SECRET, JWKS_URL: set exactly one of them');
  }
  for (const [one, other] of PAIRS) {
    const isWanted = (fields as readonly string[]).includes(one);
    if (isWanted && (present[one] === undefined) !== (present[other] === undefined)) {
      mistakes.push(`  ${one}, ${other}: set both of them or neither`);
    }
  }
  if (mistakes.length > 0) throw new ConfigError(`the environment is wrong:\n${mistakes.join('\n')}`);
  return Object.freeze(read.data) as ConfigOf<Shared | Field>;
}
