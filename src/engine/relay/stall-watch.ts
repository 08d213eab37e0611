// Notices that this cockpit hung: its thread, its terminal, or the whole machine while it slept.
import { type Ms, second } from '../../core/time.ts';

const lookEvery: Ms = second;

/** Two clocks: the monotonic one stands still while a machine sleeps, the other one is set now and then. */
const clocks = () => [performance.now(), Date.now()] as const;

export class StallWatch {
  readonly #limit: Ms;
  readonly #hung: (time: Ms) => void;
  readonly #screenWaits: () => Ms;
  #last = clocks();
  #timer: NodeJS.Timeout | undefined;
  #isTold = false;

  /** `hung`: called once for each time that it hung for longer than `limit`. `screenWaits`: how long the screen hangs now. */
  constructor(limit: Ms, hung: (time: Ms) => void, screenWaits: () => Ms = () => 0) {
    this.#limit = limit;
    this.#hung = hung;
    this.#screenWaits = screenWaits;
  }

  start(): void {
    this.#last = clocks();
    this.#timer ??= setInterval(() => this.check(), lookEvery);
  }

  stop(): void {
    clearInterval(this.#timer);
    this.#timer = undefined;
  }

  /** Looks now: before something is done that another cockpit may do by now. */
  check(): void {
    if (!this.#timer) return;
    const now = clocks();
    const slept = Math.max(now[0] - this.#last[0], now[1] - this.#last[1]);
    this.#last = now;
    const screen = this.#screenWaits();
    if (screen <= this.#limit) this.#isTold = false;
    if (slept > this.#limit) this.#hung(slept);
    else if (screen > this.#limit && !this.#isTold) {
      this.#isTold = true;
      this.#hung(screen);
    }
  }
}
