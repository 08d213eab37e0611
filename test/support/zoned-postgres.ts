// A PostgreSQL whose zone is not UTC, for the tables of every form, and what reads them.
import path from 'node:path';
import pg from 'pg';
import { afterAll, afterEach, beforeAll } from 'vitest';
import { findBinaries } from '../../simulator/postgres/binaries.ts';
import { freePort, initCluster, type Server, startServer } from '../../simulator/postgres/server.ts';
import { type Guarded, guardedDirectory } from '../../simulator/reaper.ts';
import { type DatabaseServer, settingsSchema } from '../../src/config/settings.ts';
import { Session } from '../../src/data/postgres/session.ts';
import type { Result } from '../../src/data/source.ts';

const root = { user: 'postgres', password: 'root' };

/** The value; throws the fault. */
export function good<T>(outcome: Result<T>): T {
  if (!outcome.ok) throw new Error(JSON.stringify(outcome.fault));
  return outcome.value;
}

export const soon = () => AbortSignal.timeout(30_000);

/** One for the tests of a file. Times without a zone are UTC, whatever `zone` the server has. */
export function zonedPostgres(zone: string) {
  let guarded: Guarded;
  let server: Server;
  let port: number;
  const open: { close(): Promise<unknown> }[] = [];
  const there = (): DatabaseServer => ({ host: '127.0.0.1', port, database: 'postgres', sslMode: 'disable', ...root });

  async function sql(text: string): Promise<Record<string, unknown>[]> {
    const client = new pg.Client({ ...there(), ssl: false });
    await client.connect();
    try {
      return (await client.query(text)).rows as Record<string, unknown>[];
    } finally {
      await client.end();
    }
  }

  beforeAll(async () => {
    guarded = await guardedDirectory();
    port = await freePort();
    const data = path.join(guarded.directory, 'zoned');
    const binaries = await findBinaries(guarded.directory);
    await initCluster(binaries, data, root);
    server = await startServer(binaries, data, port, root);
    await sql(`ALTER DATABASE postgres SET timezone = '${zone}'`);
  });
  afterEach(async () => {
    await Promise.all(open.splice(0).map((session) => session.close()));
  });
  afterAll(async () => {
    await server?.stop('fast');
    await guarded?.end();
  });

  /** Closes it after the test. */
  const closes = <S extends { close(): Promise<unknown> }>(session: S): S => {
    open.push(session);
    return session;
  };
  const sessionAs = (login: Partial<DatabaseServer> = {}) => closes(new Session({ ...there(), ...login }));
  const settingsOf = (schema: string, more: object = {}) =>
    settingsSchema.parse({
      profile: 'test',
      environment: { name: 'TEST', guarded: false },
      kubernetes: { namespace: 'x' },
      gateway: { url: 'http://127.0.0.1:1' },
      database: { primary: there(), schema },
      redis: { url: 'redis://127.0.0.1:1' },
      ...more,
    });
  return { there, sql, closes, sessionAs, settingsOf };
}
