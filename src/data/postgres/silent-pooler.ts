// A pgbouncer takes a client and lets it wait, for two minutes as it comes, where it has no connection to the server: none
// is free, someone paused it, or the server behind it is gone. Its own console, a database of that name, answers meanwhile.
import type { DatabaseServer } from '../../config/settings.ts';
import { type Ms, second } from '../../core/time.ts';
import { type Connection, type ConnectOptions, connect } from './connect.ts';
import { PoolerHolds } from './faults.ts';
import { explainPooler } from './pooler.ts';

/** A server lets somebody in within this time, unless it is very busy. */
const patience: Ms = 1.5 * second;

/** A pgbouncer may still be opening a connection to the server. */
const grace: Ms = second;

/**
 * Connects as `connect` does. Who is let wait asks whether a pgbouncer is there, and throws `PoolerHolds` where one is.
 */
export async function connectOrTell(
  server: DatabaseServer,
  { signal, ...options }: ConnectOptions,
): Promise<Connection> {
  const ours = new AbortController();
  const either = AbortSignal.any([signal, ours.signal]);
  let held = false;
  const tell = () => {
    held = !ours.signal.aborted;
    if (held) ours.abort();
  };
  let timer = setTimeout(() => {
    void isPgbouncer(server, either).then((found) => {
      if (found && !either.aborted) timer = setTimeout(tell, grace);
    });
  }, patience);
  try {
    return await connect(server, { ...options, signal: either });
  } catch (error) {
    throw held ? new PoolerHolds() : error;
  } finally {
    clearTimeout(timer);
    ours.abort();
  }
}

/** Whether its console answers there, or refuses us in its own words. PostgreSQL has no database of that name. */
async function isPgbouncer(server: DatabaseServer, signal: AbortSignal): Promise<boolean> {
  try {
    const connection = await connect({ ...server, database: 'pgbouncer' }, { signal });
    connection.cut();
    return false;
  } catch (error) {
    return error instanceof Error && !signal.aborted && explainPooler(error.message, server.user) !== undefined;
  }
}
