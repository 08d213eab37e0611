// One run for each target, on all hosts that share the relay.
import { createHash } from 'node:crypto';
import type { Ms } from '../../core/time.ts';
import { type Held, type Holder, type Leased, renewEvery } from '../../data/relay/lease.ts';
import { RelayAway, type RelayLink } from '../../data/relay/link.ts';
import { KeptLease, type Loss } from './kept-lease.ts';

export type TargetLease = {
  /** Asks again, right before an effect; says why the target is another's now. */
  confirm(): Promise<Loss | undefined>;
  release(): Promise<void>;
};

export type TargetTaken = { ok: true; lease: TargetLease } | { ok: false; by?: Held };

export class TargetLeases {
  readonly #link: RelayLink;
  readonly #holder: () => Holder;
  readonly #held = new Set<KeptLease>();

  constructor(link: RelayLink, holder: () => Holder) {
    this.#link = link;
    this.#holder = holder;
  }

  /** Takes a target for a run. While the relay is away it is taken alone, and again when the relay is back. */
  async take(object: string, what: string): Promise<TargetTaken> {
    const leased: Leased = { of: 'target', id: createHash('sha256').update(object).digest('hex').slice(0, 40) };
    const holder = () => ({ ...this.#holder(), what: what.slice(0, 200) });
    let fence: number | undefined;
    try {
      const lease = await this.#link.ask(({ leases }) => leases.take(leased, holder()));
      if (!lease.ok) return { ok: false, by: lease.by };
      fence = lease.fence;
    } catch (error) {
      if (!(error instanceof RelayAway)) throw error;
    }
    const kept = new KeptLease(this.#link, leased, { holder, fence });
    this.#held.add(kept);
    const renewing = setInterval(() => void kept.confirm(), renewEvery);
    return {
      ok: true,
      lease: {
        confirm: () => kept.confirm(),
        release: () => {
          clearInterval(renewing);
          this.#held.delete(kept);
          return kept.release();
        },
      },
    };
  }

  /** This cockpit hung for that time: every target may be another's. */
  hung(time: Ms): void {
    for (const kept of this.#held) kept.hung(time);
  }
}
