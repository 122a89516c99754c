import type { HttpBindings } from '@hono/node-server';
import type { OpenAPIHono } from '@hono/zod-openapi';
import type { Registry } from 'prom-client';
import type { Finding } from '../../platform/finding.ts';
import type { ConfigOf } from '../../config.ts';
import type { Job } from '../../kernel/jobs/job.ts';
import type { InboxHint } from '../../notifications/inbox/inbox-hint.ts';
import type { Wake } from '../../outbox/wake.ts';
import type { Logger } from '../../platform/log.ts';
import type { Sql } from '../../platform/postgres.ts';
import type { AlarmQueue } from '../../platform/alarms.ts';
import type { BatchQueue } from '../../platform/queues.ts';
import type { RateLimit } from '../../platform/rate-limit.ts';
import type { Trace } from '../../platform/telemetry.ts';
import type { DocumentStore } from '../../documents/document-store.ts';
import type { Caller, Tokens } from './auth.ts';
import type { InboxStreams } from '../notifications/inbox-streams.ts';
import type { KeyLimit } from './key-limit.ts';
import type { Revocations } from './revocations.ts';

/** What a request carries through its handlers. */
export interface Env {
  /** Absent where a test calls the app without a socket. */
  readonly Bindings: Partial<HttpBindings> & {
    /** Gives the rest of the request's body more time. */
    readonly extendRequest?: (ms: number) => void;
  };
  readonly Variables: {
    trace: Trace;
    /** The process's log; a request's own is `requestLog`. */
    log: Logger;
    /** The route's pattern, as metrics name it. */
    route: string;
    /** Set for every path that is not public. */
    caller: Caller;
    /** The body's bytes, set by `readJson`. */
    body: Uint8Array;
    /** The body's JSON in one form, set by `readJson`. Absent for forms. */
    canonicalBody: (() => string) | undefined;
    /** Address of what the route creates, as `locationOf` fills it. */
    location: string | undefined;
  };
}

export type Api = OpenAPIHono<Env>;

/** Everything the web process's app stands on. */
export interface ApiDeps {
  readonly sql: Sql;
  readonly log: Logger;
  readonly tokens: Tokens;
  readonly wake: Wake;
  readonly documents: DocumentStore;
  /** Tells every web process that something changed in these users' inboxes. */
  readonly inboxHint: InboxHint;
  readonly inboxStreams: InboxStreams;
  /** One for each consumer, for the operators' eyes; undefined while Redis is away. */
  readonly queues: () => Promise<readonly BatchQueue[] | undefined>;
  /** The queue that has a scheduler for each job; undefined while Redis is unavailable. */
  readonly jobSchedulers: () => AlarmQueue | undefined;
  /** What the clock starts, and when. */
  readonly jobs: readonly Job<object>[];
  /** Adds the routes and pages of operators. */
  readonly mountBackoffice: (api: Api, deps: ApiDeps) => void;
  /** Looks for what is wrong with the deployment. */
  readonly diagnose: () => Promise<readonly Finding[]>;
  readonly registry: Registry;
  readonly limits: Limits;
  readonly keyLimit: KeyLimit;
  readonly revocations: Revocations;
  readonly config: ConfigOf<
    | 'BOUNDS'
    | 'CORS_ORIGINS'
    | 'HASH_KEY'
    | 'PAYMENTS_WEBHOOK_SECRETS'
    | 'PUBLIC_URL'
    | 'TRUSTED_PROXIES'
    | 'WEB_PUSH_ORIGINS'
    | 'VAPID_PUBLIC_KEY'
    | 'WHATSAPP_APP_SECRET'
    | 'WHATSAPP_VERIFY_TOKEN'
  >;
}

/** How often one network address and one user may ask. */
export interface Limits {
  readonly address: RateLimit;
  readonly user: RateLimit;
}
