// Who a server said it is when this cockpit asked it: other hosts' looks at the same one may stand for its own.
import { type Ms, minute } from '../../core/time.ts';

/** How long that is believed: another server may answer at the same address, or this host may be cut off from it. */
const believed: Ms = 5 * minute;

export class SeenServer {
  #identity: string | undefined;
  #at: Ms = 0;

  /** An own look has ended at `now` (`performance.now`): undefined where nobody answered, or did not say who it is. */
  saw(identity: string | undefined, now: Ms = performance.now()): void {
    this.#identity = identity;
    this.#at = now;
  }

  /** Undefined: not known, or to be asked again. */
  get identity(): string | undefined {
    return this.identityAt(performance.now());
  }

  /** The same at an instant of `performance.now`. */
  identityAt(now: Ms): string | undefined {
    return now - this.#at < believed ? this.#identity : undefined;
  }
}
