// One connection to one PostgreSQL server, as libpq would make it.
import type { EventEmitter } from 'node:events';
import { Socket } from 'node:net';
import pg from 'pg';
import type { DatabaseServer } from '../../config/settings.ts';
import { type Ms, second } from '../../core/time.ts';
import { cancelRequest } from './cancel.ts';
import { isWrongPassword, NotPostgres, PasswordInClear, sqlState } from './faults.ts';
import { PlannedStatements } from './planned.ts';
import { passwordInFile, passwordsOf, renew } from './rotated-passwords.ts';
import { type Attempt, tlsAttempts } from './tls.ts';

export type Connection = {
  client: pg.Client;
  /** Runs what is asked often by its plan; undefined where the session is not ours alone. */
  readonly planned: PlannedStatements | undefined;
  /** True from the moment the connection is known to be gone. */
  readonly lost: boolean;
  /** Asks the server to end what it does here, without a session of its own: it works where no connection is left. */
  cancel(): Promise<void>;
  /** Cuts the connection at once. What the server still does ends with its own timeouts. */
  cut(): void;
  /** Says goodbye; cuts when the server does not answer in time. */
  close(): Promise<void>;
};

export type ConnectOptions = {
  signal: AbortSignal;
  /** What pg_stat_activity shows. */
  name?: typeof reading | typeof acting;
  /** With this very password, not with one that replaced it meanwhile: whether it opens is the question. */
  exactly?: true;
};

const farewell: Ms = 500;

/** What pg_stat_activity shows of a session that reads. */
export const reading = 'bentham-cockpit';
/** And of one that changes something. */
export const acting = 'bentham-cockpit action';

/**
 * Connects, or throws what went wrong (`postgresFault` converts it). Aborting the signal ends the attempt at once. A
 * password that the server refuses is read again from its file: it may have been rotated.
 */
export async function connect(server: DatabaseServer, options: ConnectOptions): Promise<Connection> {
  if (options.exactly) return await byTls({ ...server, password: server.password ?? '' }, options);
  const known = passwordsOf(server);
  let failure: unknown;
  for (const password of known)
    try {
      return await byTls({ ...server, password }, options);
    } catch (error) {
      if (!isWrongPassword(error) || options.signal.aborted) throw error;
      failure = error;
    }
  const inFile = await passwordInFile(server);
  if (inFile === undefined || known.includes(inFile)) throw failure;
  const connection = await byTls({ ...server, password: inFile }, options);
  renew(server, inFile);
  return connection;
}

async function byTls(server: DatabaseServer, options: ConnectOptions): Promise<Connection> {
  let failure: unknown;
  for (const attempt of tlsAttempts(server)) {
    try {
      return await once(server, attempt, options);
    } catch (error) {
      if (options.signal.aborted) throw error;
      // The second attempt's error counts, unless only the first one got an answer.
      failure = failure === undefined || sqlState(error) !== undefined ? error : failure;
      if (!mayTryOther(error, attempt)) throw error;
    }
  }
  throw failure;
}

/** libpq makes the second attempt if TLS itself failed, or if pg_hba.conf requires it. */
function mayTryOther(error: unknown, attempt: Attempt): boolean {
  if (error instanceof PasswordInClear) return true;
  const state = sqlState(error);
  if (state) return state === '28000';
  const said = error instanceof Error ? `${error.message} ${'code' in error ? error.code : ''}` : '';
  return attempt !== false && /does not support SSL|ERR_SSL|EPROTO|ERR_TLS/.test(said);
}

async function once(
  server: DatabaseServer,
  attempt: Attempt,
  { signal, name = reading }: ConnectOptions,
): Promise<Connection> {
  const socket = new GuardedSocket(attempt !== false);
  let lost = false;
  const client = new pg.Client({
    host: server.host,
    port: server.port,
    database: server.database,
    user: server.user,
    // A function keeps the client from searching for a password: the settings have done that.
    password: () => server.password ?? '',
    ssl: attempt,
    // As libpq’s channel_binding=prefer: a man in the middle with another certificate cannot relay the login.
    enableChannelBinding: attempt !== false,
    keepAlive: true,
    keepAliveInitialDelayMillis: 10 * second,
    stream: () => socket,
  });
  // Not from PGAPPNAME either: a pooler would leave it with the server's connection, and so with other clients.
  Object.assign((client as unknown as { connectionParameters: object }).connectionParameters, {
    application_name: undefined,
  });
  // The client’s own listener, which sends the password, comes after this one, and sends nothing on a dead socket.
  const { connection } = client as unknown as { connection: EventEmitter };
  const readable = attempt === false && server.sslMode !== 'disable' && !server.host.startsWith('/');
  if (readable) connection.on('authenticationCleartextPassword', () => socket.refuse(new PasswordInClear()));
  client.on('error', () => {
    lost = true;
  });
  client.on('end', () => {
    lost = true;
  });
  const cut = () => {
    lost = true;
    socket.destroy();
  };
  signal.addEventListener('abort', cut, { once: true });
  let isOurs = false;
  try {
    signal.throwIfAborted();
    await client.connect();
    signal.throwIfAborted();
    const { rows } = await client.query<{ name: string | null }>(ownName(client, name));
    isOurs = rows[0]?.name === name;
    signal.throwIfAborted();
  } catch (error) {
    cut();
    throw socket.complaint ?? error;
  } finally {
    signal.removeEventListener('abort', cut);
  }
  return {
    client,
    planned: isOurs && name === reading ? new PlannedStatements() : undefined,
    get lost() {
      return lost;
    },
    cut,
    cancel: () => cancelRequest(server, attempt, client),
    async close() {
      if (lost) return cut();
      const late = setTimeout(cut, farewell);
      await client.end().catch(cut);
      clearTimeout(late);
      cut();
    },
  };
}

/**
 * Sets what pg_stat_activity shows, where the session is ours: a pooler's own process id is not the server's, and what is
 * set behind one stays with the connection that the next client gets. There each transaction sets it for itself.
 */
function ownName(client: pg.Client, name: string): string {
  const { processID } = client as { processID?: number | null };
  return `SELECT CASE WHEN pg_backend_pid() = ${Number(processID ?? 0)} THEN set_config('application_name', '${name}', false) END AS name`;
}

/**
 * A socket that looks at the first byte before the client does, and that turns an answer which the client's parser
 * chokes on into an error of the connection; thrown from a data event it would end the program.
 */
class GuardedSocket extends Socket {
  complaint: Error | undefined;
  readonly #tls: boolean;
  #looked = false;

  constructor(tls: boolean) {
    super();
    this.#tls = tls;
  }

  override emit(event: string | symbol, ...args: unknown[]): boolean {
    if (event !== 'data') return super.emit(event, ...args);
    const [chunk] = args;
    if (!this.#looked && chunk instanceof Uint8Array) {
      this.#looked = true;
      // TLS offered, refused, or an error; without TLS: authentication, error, notice or version negotiation.
      const expected = this.#tls ? 'SNE' : 'RENv';
      const first = String.fromCharCode(chunk[0] ?? 0);
      if (!expected.includes(first)) return this.#complain('not a PostgreSQL answer');
      if (this.#tls && first === 'E') return this.#complain(readError(chunk));
    }
    try {
      return super.emit(event, ...args);
    } catch (error) {
      return this.#complain(`not a PostgreSQL answer: ${error instanceof Error ? error.message : error}`);
    }
  }

  #complain(what: string): boolean {
    this.refuse(new NotPostgres(what));
    return true;
  }

  /** Ends the connection, for this reason. */
  refuse(why: Error): void {
    this.complaint = why;
    this.destroy(why);
  }
}

/** The text of an error that came instead of an answer to the request for TLS. */
function readError(chunk: Uint8Array): string {
  const text = Buffer.from(chunk).toString('utf8').slice(1);
  return text.replace(/^[^ -~]+/, '').split('\0')[0] || 'not a PostgreSQL answer';
}
