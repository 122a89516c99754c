// The packages of this folder are installed only on demand, so the compiler must not look for them.

interface Executor {
  executeSql(text: string, values?: unknown[]): Promise<{ readonly rows: unknown[] }>;
}

interface PerCall {
  /** Runs the call's statements; pg-boss's own pool does it otherwise. */
  readonly db?: Executor;
}

/** The part of pg-boss 12 that the bench uses. */
export interface PgBoss {
  on(event: 'error', listener: (error: unknown) => void): void;
  start(): Promise<unknown>;
  stop(): Promise<void>;
  createQueue(name: string): Promise<void>;
  insert(name: string, jobs: readonly { readonly data: object }[]): Promise<unknown>;
  send(name: string, data: object, options: PerCall): Promise<unknown>;
  fetch<Data>(
    name: string,
    options: { readonly batchSize: number },
  ): Promise<{ readonly id: string; readonly data: Data }[]>;
  complete(name: string, ids: readonly string[], data: undefined, options: PerCall): Promise<unknown>;
}

/** Opens pg-boss without its timers: neither maintenance nor schedules run beside what is measured. */
export async function loadPgBoss(connectionString: string): Promise<PgBoss> {
  const { PgBoss: Boss } = await load<{ PgBoss: new (options: object) => PgBoss }>('pg-boss');
  const boss = new Boss({ connectionString, max: 10, supervise: false, schedule: false });
  boss.on('error', (error) => console.error(error));
  return boss;
}

interface Client {
  query(text: string, values?: unknown[]): Promise<{ readonly rows: unknown[] }>;
  release(): void;
}

/** The part of a `pg` pool that the bench uses. */
export interface Pool {
  query: Client['query'];
  connect(): Promise<Client>;
  end(): Promise<void>;
}

/** Opens a pool of node-postgres, the driver of both peers. */
export async function loadPool(connectionString: string, max: number): Promise<Pool> {
  const { default: pg } = await load<{ default: { Pool: new (options: object) => Pool } }>('pg');
  return new pg.Pool({ connectionString, max });
}

interface Helpers {
  query: Client['query'];
}

/** The part of graphile-worker 0.18 that the bench uses. */
export interface GraphileWorker {
  run(options: {
    readonly preset: object;
    readonly taskList: Readonly<Record<string, (payload: never, helpers: Helpers) => Promise<unknown>>>;
  }): Promise<{ stop(): Promise<void> }>;
  runMigrations(options: { readonly connectionString: string }): Promise<void>;
  readonly Logger: new (factory: () => () => void) => object;
}

/** Loads graphile-worker. */
export const loadGraphileWorker = () => load<GraphileWorker>('graphile-worker');

const load = async <Module>(name: string) => (await import(name)) as Module;
