// A session reads from one server, one transaction after another, on one connection that it opens when it is needed
// and replaces when it is lost. It cannot write: every transaction is READ ONLY.
import type { DatabaseServer } from '../../config/settings.ts';
import { type Ms, second } from '../../core/time.ts';
import type { Fault } from '../../core/world/reading.ts';
import { type Result, timedOut } from '../source.ts';
import { type AskSql, asker, type Refusals } from './ask.ts';
import type { Connection } from './connect.ts';
import { isLostConnection, postgresFault, sqlState, whereOf } from './faults.ts';
import { connectOrTell } from './silent-pooler.ts';
import { type InTransaction, transactor } from './transaction.ts';

type Look<T> = (ask: AskSql, inTransaction: InTransaction) => Promise<T>;

export class Session {
  readonly server: DatabaseServer;
  readonly where: string;
  #connection: Connection | undefined;
  #busy: Promise<unknown> = Promise.resolve();
  #closed = false;
  /** When the server said something last, on this process's clock. */
  #heardAt = Number.NEGATIVE_INFINITY;
  /** What the server would not answer together with others. */
  readonly #refusals: Refusals = new Map();

  readonly #instead: () => readonly Session[];

  /** `instead`: who may be asked where the server has no connection left for this one (53300). */
  constructor(server: DatabaseServer, instead: () => readonly Session[] = () => []) {
    this.#instead = instead;
    this.server = server;
    this.where = whereOf(server);
  }

  /**
   * One look. Each statement has `limit` ms on the server; the look as a whole ends with the signal, which also cuts a
   * connection that hangs. A connection that turns out to be lost is replaced once, as reading twice does no harm.
   */
  async read<T>(signal: AbortSignal, limit: Ms, look: Look<T>): Promise<Result<T>> {
    const before = this.#busy;
    const asked = performance.now();
    const turn = before.then(() => this.#attempt(signal, limit, look, asked));
    this.#busy = turn;
    return turn;
  }

  /** Whether it has a connection now. */
  get isOpen(): boolean {
    return this.#connection !== undefined && !this.#connection.lost;
  }

  /** Has a connection from now on: where the server is full later, there is none to be had. Never throws. */
  async hold(within: Ms): Promise<void> {
    if (this.isOpen || this.#closed) return;
    const turn = this.#busy.then(() => this.#open(AbortSignal.timeout(within)).then(noop, noop));
    this.#busy = turn;
    await turn;
  }

  /**
   * Hands its connection, between two looks, to who got none of their own as the server is full. What they left open is
   * rolled back. Undefined when it has lost its own.
   */
  async lend<T>(use: (connection: Connection) => Promise<T>): Promise<T | undefined> {
    const turn = this.#busy.then(async () => {
      const connection = this.#connection;
      if (!connection || connection.lost) return undefined;
      try {
        return await use(connection);
      } finally {
        if (!connection.lost) await connection.client.query('ROLLBACK').catch(() => connection.cut());
      }
    });
    this.#busy = turn.catch(() => undefined);
    return turn;
  }

  /** Ends the connection. A closed session gives nothing any more. */
  async close(): Promise<void> {
    this.#closed = true;
    await this.#connection?.close();
    this.#connection = undefined;
  }

  async #attempt<T>(signal: AbortSignal, limit: Ms, look: Look<T>, asked: Ms): Promise<Result<T>> {
    const begun = performance.now();
    for (let again = false; ; again = true) {
      const used = this.#connection !== undefined && !this.#connection.lost;
      try {
        const connection = await this.#open(signal);
        const cut = () => connection.cut();
        signal.addEventListener('abort', cut, { once: true });
        const hear = () => this.#hear();
        const { ask, settled } = asker(connection, { limit, hear, refusals: this.#refusals });
        try {
          return { ok: true, value: await look(ask, transactor(connection, limit, hear)) };
        } finally {
          // The first error ends a look; what it asked beside that is still under way.
          await settled();
          signal.removeEventListener('abort', cut);
        }
      } catch (error) {
        const lost = this.#connection?.lost || isLostConnection(error);
        if (lost) this.#drop();
        if (lost && used && !again && !signal.aborted) continue;
        const [other] = sqlState(error) === '53300' ? this.#instead() : [];
        if (other) return other.read(signal, limit, look);
        if (signal.reason instanceof DOMException && signal.reason.name === 'TimeoutError')
          return { ok: false, fault: this.#late(asked, begun) };
        return { ok: false, fault: postgresFault(error, this.server) };
      }
    }
  }

  async #open(signal: AbortSignal): Promise<Connection> {
    signal.throwIfAborted();
    if (this.#closed) throw new Error('Connection terminated: the session is closed');
    if (this.#connection && !this.#connection.lost) return this.#connection;
    this.#drop();
    const connection = await connectOrTell(this.server, { signal });
    if (this.#closed) {
      connection.cut();
      throw new Error('Connection terminated: the session is closed');
    }
    this.#connection = connection;
    this.#hear();
    return connection;
  }

  #hear(): void {
    this.#heardAt = performance.now();
  }

  /** Only silence throughout proves that the server is down: not slowness, nor waiting for another query's end. */
  #late(asked: Ms, begun: Ms): Fault {
    const now = performance.now();
    const { code, ...fault } = timedOut(this.where, now - asked);
    return this.#heardAt < begun && now - begun >= longSilence ? { ...fault, code: code || undefined } : fault;
  }

  #drop(): void {
    this.#connection?.cut();
    this.#connection = undefined;
  }
}

const noop = () => undefined;

/** A server that is there says something within this time, however slow it is. */
const longSilence: Ms = second;
