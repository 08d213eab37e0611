// A lease of this cockpit: renewed while it is needed, and asked about right before each effect.
import type { Ms } from '../../core/time.ts';
import type { Held, Holder, Leased } from '../../data/relay/lease.ts';
import { RelayAway, type RelayLink } from '../../data/relay/link.ts';

/** Why a lease is no longer this cockpit's. `by` is absent where its holder cannot be read. */
export type Loss = { why: 'hung'; for: Ms } | { why: 'taken'; by?: Held };

export class KeptLease {
  readonly #link: RelayLink;
  readonly #leased: Leased;
  readonly #holder: () => Holder;
  #fence: number | undefined;
  #loss: Loss | undefined;
  #isReleased = false;

  /** `fence`: the number that it was taken with; undefined: it was not, since the relay was away. */
  constructor(link: RelayLink, leased: Leased, { holder, fence }: { holder: () => Holder; fence: number | undefined }) {
    this.#link = link;
    this.#leased = leased;
    this.#holder = holder;
    this.#fence = fence;
  }

  get fence(): number | undefined {
    return this.#fence;
  }

  get loss(): Loss | undefined {
    return this.#loss;
  }

  /** It hung for longer than a lease lasts: somebody else may have taken it, whatever is answered later. */
  hung(time: Ms): void {
    this.#loss ??= { why: 'hung', for: time };
  }

  /** Renews it; says why it is lost. What was taken by a lower number, or has ended since, comes back. */
  async confirm(): Promise<Loss | undefined> {
    if (this.#isHung() || this.#isReleased) return this.#loss;
    const fence = this.#fence;
    try {
      const lease = await this.#link.ask(({ leases }) =>
        fence === undefined
          ? leases.take(this.#leased, this.#holder())
          : leases.keep(this.#leased, this.#holder(), fence),
      );
      // It may have hung meanwhile.
      if (this.#isHung()) return this.#loss;
      this.#loss = lease.ok ? undefined : { why: 'taken', by: lease.by };
      if (lease.ok) this.#fence = lease.fence;
    } catch (error) {
      // Without an answer whoever has it goes on alone.
      if (!(error instanceof RelayAway)) throw error;
    }
    return this.#loss;
  }

  #isHung(): boolean {
    return this.#loss?.why === 'hung';
  }

  /** Gives it up, if the relay answers; else it ends by itself. */
  async release(): Promise<void> {
    this.#isReleased = true;
    const fence = this.#fence;
    if (fence === undefined) return;
    await this.#link.ask(({ leases }) => leases.release(this.#leased, this.#holder(), fence)).catch(() => undefined);
  }
}
