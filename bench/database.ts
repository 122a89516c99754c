import { openPostgres } from '../src/platform/postgres.ts';

/** An empty database of a run. */
export interface Database extends AsyncDisposable {
  readonly name: string;
  readonly url: string;
}

/** Creates a database with a random name. Disposal drops the database. */
export async function createDatabase(serverUrl: string): Promise<Database> {
  const name = `bench-${Math.random().toString(36).slice(2, 10)}`;
  const server = openPostgres({ url: serverUrl, name: 'bench', connections: 1 });
  await server`create database ${server(name)}`;
  return {
    name,
    url: Object.assign(new URL(serverUrl), { pathname: `/${name}` }).href,
    async [Symbol.asyncDispose]() {
      await server`drop database ${server(name)} with (force)`;
      await server.end();
    },
  };
}
