// Control of incidents as leases on the relay. What the journal says decides who was given control; the lease says whether
// that cockpit still answers. Without an answer from the relay the one in control goes on alone.
import { firstFence } from '../../core/incident/authority.ts';
import { type Incident, isOngoing } from '../../core/incident/incident.ts';
import type { Ms } from '../../core/time.ts';
import type { Held, Holder, Leased } from '../../data/relay/lease.ts';
import { RelayAway, type RelayLink } from '../../data/relay/link.ts';
import { KeptLease, type Loss } from './kept-lease.ts';

/** `alone`: the relay was away, and whoever was in control may still act. */
export type ControlTaken = { ok: true; fence: number; alone: boolean } | { ok: false; by?: Held };

/** `overtaken`: the journal says that somebody else took control. */
export type ControlNews =
  | { news: 'lost'; incident: string; loss: Loss }
  | { news: 'overtaken'; incident: string; by: string }
  | { news: 'regained'; incident: string };

export type ControlOptions = {
  link: RelayLink;
  holder(): Holder;
  /** Whether the journal says that this cockpit is in control. */
  isMine(incident: Incident): boolean;
  tell(news: ControlNews): void;
};

const leasedOf = (incident: string): Leased => ({ of: 'control', id: incident });

export class ControlLeases {
  readonly #options: ControlOptions;
  readonly #kept = new Map<string, { lease: KeptLease; told?: Loss }>();
  /** Who had the lease when it was last refused: a person who takes control again has seen the name. */
  readonly #seen = new Map<string, string>();

  constructor(options: ControlOptions) {
    this.#options = options;
  }

  /**
   * Takes control with a new number, from whoever the journal says is in control. Refused where a third took it in the
   * meantime; who asks again takes it from that one.
   */
  async take(incident: Incident): Promise<ControlTaken> {
    const { link, holder } = this.#options;
    const known = incident.control.fence ?? firstFence;
    const from = [incident.control.session, this.#seen.get(incident.id) ?? ''];
    try {
      const lease = await link.ask(({ leases }) => leases.take(leasedOf(incident.id), holder(), { known, from }));
      if (lease.ok) return { ok: true, fence: lease.fence, alone: false };
      if (lease.by) this.#seen.set(incident.id, lease.by.session);
      return { ok: false, by: lease.by };
    } catch (error) {
      if (!(error instanceof RelayAway)) throw error;
      return { ok: true, fence: known + 1, alone: true };
    }
  }

  /** Follows what the journal says: keeps the lease of what is this cockpit's, gives up the others. */
  follow(incidents: readonly Incident[]): void {
    const { isMine, tell, link, holder } = this.#options;
    for (const incident of incidents) {
      const { id, control } = incident;
      const isOpen = isOngoing(incident);
      const fence = control.fence ?? firstFence;
      const before = this.#kept.get(id);
      const mine = isMine(incident) && isOpen;
      if (before && (!mine || before.lease.fence !== fence)) {
        this.#kept.delete(id);
        void before.lease.release();
        if (!mine && isOpen) tell({ news: 'overtaken', incident: id, by: control.person });
      }
      if (!mine || (before && this.#kept.has(id))) continue;
      const lease = new KeptLease(link, leasedOf(id), { holder, fence });
      this.#kept.set(id, { lease });
      void this.confirm(id);
    }
  }

  /** Why this cockpit is not in control of an incident that the journal says is its own. */
  lossOf(incident: string): Loss | undefined {
    return this.#kept.get(incident)?.lease.loss;
  }

  /** Asks the relay now; says why this cockpit is not in control any more. Undefined too while the relay is away. */
  async confirm(incident: string): Promise<Loss | undefined> {
    const loss = await this.#kept.get(incident)?.lease.confirm();
    this.#tell(incident);
    return loss;
  }

  /** Renews every lease that is kept. */
  async renew(): Promise<void> {
    await Promise.all([...this.#kept.keys()].map((incident) => this.confirm(incident)));
  }

  /** This cockpit hung for that time: every lease may be another's. */
  hung(time: Ms): void {
    for (const [incident, { lease }] of this.#kept) {
      lease.hung(time);
      this.#tell(incident);
    }
  }

  /** Gives up every lease. */
  async release(): Promise<void> {
    await Promise.all([...this.#kept.values()].map(({ lease }) => lease.release()));
  }

  /** Each loss is told once. */
  #tell(incident: string): void {
    const kept = this.#kept.get(incident);
    if (!kept) return;
    const { loss } = kept.lease;
    const isNews = loss?.why !== kept.told?.why;
    kept.told = loss;
    if (!isNews) return;
    this.#options.tell(loss ? { news: 'lost', incident, loss } : { news: 'regained', incident });
  }
}
