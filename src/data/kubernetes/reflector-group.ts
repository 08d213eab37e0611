// The reflectors of one source under the connection's heartbeat: while the server is away the heartbeat says why, and
// when it is back all of them list again.
import type { Instant } from '../../core/time.ts';
import type { Fault } from '../../core/world/reading.ts';
import type { Running } from '../source.ts';
import type { Beat, Connection } from './connection.ts';
import { type Collection, type CollectionListener, Reflector } from './reflector.ts';

export type GroupListener = {
  /** The server answered, and it had answered before. `at`: another cockpit may have asked a moment ago. */
  alive(at: Instant): void;
  /** It did not; or it answers again, and what it has is being listed. */
  lost(beat: Omit<Extract<Beat, { ok: false }>, 'ok'>): void;
};

export class ReflectorGroup {
  readonly #connection: Connection;
  readonly #reflectors: Pick<Reflector<unknown>, 'renew' | 'run'>[] = [];
  #lost = false;

  constructor(connection: Connection) {
    this.#connection = connection;
  }

  /** Whether the last heartbeat failed. A list that fails then would only say it in other words. */
  get lost(): boolean {
    return this.#lost;
  }

  add<T>(what: Collection<T>, listener: CollectionListener<T>): Reflector<T> {
    const reflector = new Reflector<T>(this.#connection, what, listener);
    this.#reflectors.push(reflector);
    return reflector;
  }

  /** Runs all of them until the signal aborts; the connection is let go of afterwards. */
  start(listener: GroupListener, signal: AbortSignal): Running {
    const renew = () => {
      for (const reflector of this.#reflectors) reflector.renew();
    };
    this.#connection.onBeat((beat) => {
      const wasLost = this.#lost;
      this.#lost = !beat.ok;
      if (!beat.ok) listener.lost(beat);
      else if (wasLost) {
        listener.lost({ fault: isListing(this.#connection), at: beat.at, retryAt: beat.at });
        // A watch may have died with the server, or its versions may have been reset.
        renew();
      } else listener.alive(beat.at);
    }, signal);
    return {
      refresh: () => {
        this.#connection.refresh();
        renew();
      },
      ended: Promise.all(this.#reflectors.map((one) => one.run(signal))).then(() => this.#connection.close()),
    };
  }
}

const isListing = ({ where }: Connection): Fault => ({
  kind: 'unreachable',
  where,
  what: 'reconnected; loading the lists',
  short: 'loading',
  hint: 'wait until they are complete',
  isLoading: true,
});
