// Leases on the relay: one holder at a time, for a short time, with a fencing number that only grows. Taken in a
// transaction (WATCH, MULTI), which every Redis has; Redis measures the time, so clocks of hosts do not matter.
// A number and not the lease decides who counts: M. Kleppmann, How to do distributed locking (2016), on fencing tokens.
import * as z from 'zod';
import { type Instant, type Ms, second } from '../../core/time.ts';
import type { RelayClient, RelayOptions } from './connect.ts';
import { readRecord } from './record.ts';

/** A lease that is not renewed ends after this. */
export const leaseTime: Ms = 15 * second;
/** How often it is renewed. */
export const renewEvery: Ms = leaseTime / 3;

/** What is leased: control of an incident, or the target of a run. */
export type Leased = { of: 'control' | 'target'; id: string };

export type Holder = {
  session: string;
  name: string;
  host: string;
  /** What it is held for: the action of a run. */
  what?: string;
};

/** `endsIn`: when the lease ends unless it is renewed, of one that was just refused. */
export type Held = Holder & { fence: number; endsIn?: Ms };

/** `by` is absent where the lease is held and not readable. */
export type Lease = { ok: true; fence: number } | { ok: false; by?: Held; fence: number };

export type Taking = { known?: number; from?: readonly string[] };

/** The highest number that is believed: a forged one must leave room for the next. */
export const highestFence = 2 ** 48;

const short = z.string().max(200);
const held = z.object({
  fence: z.number().int().min(1).max(highestFence),
  session: short,
  name: short,
  host: short,
  what: short.optional(),
  /** When it was taken or renewed, by the relay's clock. */
  at: z.number().int().optional(),
});

/** The operations on leases over one connection. One at a time: WATCH belongs to the connection. */
export class Leases {
  readonly #client: RelayClient;
  readonly #options: RelayOptions;
  readonly #now: () => Instant;
  #queue: Promise<unknown> = Promise.resolve();

  /** `now`: by the relay's clock, only to tell how long a lease still lasts. */
  constructor(client: RelayClient, options: RelayOptions, now: () => Instant = Date.now) {
    this.#client = client;
    this.#options = options;
    this.#now = now;
  }

  /**
   * Takes a lease with a new number, above `known` and every number given before. `from`: the sessions that it may be
   * taken from, because a person decided so; what is not readable is held by nobody. Throws what the connection throws:
   * then it is unknown whether it was taken.
   */
  take(leased: Leased, holder: Holder, { known = 0, from = [] }: Taking = {}): Promise<Lease> {
    return this.#atomic(leased, (now, count) => {
      const mayReplace = now === undefined || now === unreadable || [holder.session, ...from].includes(now.session);
      if (!mayReplace) return { refuse: now };
      return { put: Math.max(count, known, now?.fence ?? 0) + 1, holder };
    });
  }

  /**
   * Keeps the lease of `fence`: renews it, or takes it again where it has ended, where the relay has lost it, or where its
   * holder has a lower number. Refused where a higher number was given since.
   */
  keep(leased: Leased, holder: Holder, fence: number): Promise<Lease> {
    return this.#atomic(leased, (now, count) => {
      const isNewer = now
        ? now.fence > fence || (now.fence === fence && now.session !== holder.session)
        : count > fence;
      return isNewer ? { refuse: now } : { put: fence, holder };
    });
  }

  /** Gives it up, if it is still one's own. */
  async release(leased: Leased, holder: Pick<Holder, 'session'>, fence: number): Promise<void> {
    await this.#atomic(leased, (now) =>
      now?.session === holder.session && now.fence === fence ? { drop: fence } : { refuse: now },
    );
  }

  /** Who holds it now; undefined: nobody, or nobody readable. */
  async holder(leased: Leased): Promise<Held | undefined> {
    return readRecord(await this.#client.get(this.#keys(leased).lease), held);
  }

  #withEnd(known: Known | undefined): Held | undefined {
    if (!known) return undefined;
    const { at, ...by } = known;
    // It is there, so that it has not ended; what is written in it may be wrong.
    const left = at === undefined ? leaseTime : leaseTime - (this.#now() - at);
    return { ...by, endsIn: Math.min(leaseTime, Math.max(0, left)) };
  }

  #keys({ of, id }: Leased): { lease: string; count: string } {
    const key = `${this.#options.root}:${of}:${id}`;
    return { lease: key, count: `${key}:fence` };
  }

  #atomic(leased: Leased, decide: Decide): Promise<Lease> {
    const turn = this.#queue.then(() => this.#attempt(leased, decide));
    this.#queue = turn.catch(() => undefined);
    return turn;
  }

  async #attempt(leased: Leased, decide: Decide): Promise<Lease> {
    const client = this.#client;
    const { lease, count } = this.#keys(leased);
    for (;;) {
      // Key by key: a Cluster routes WATCH by its first key.
      await client.watch(lease, count);
      const [text, number] = [await client.get(lease), await client.get(count)];
      const now = text === null ? undefined : (readRecord(text, held) ?? unreadable);
      const decision = decide(now, fenceOf(number));
      if ('refuse' in decision) {
        await client.unwatch();
        const by = decision.refuse === unreadable ? undefined : this.#withEnd(decision.refuse);
        return { ok: false, by, fence: Math.max(by?.fence ?? 0, fenceOf(number)) };
      }
      const change = client.multi();
      if ('drop' in decision) change.del(lease);
      else {
        const { session, name, host, what } = decision.holder;
        const at = Math.round(this.#now());
        const value = JSON.stringify({ fence: decision.put, session, name, host, what, at });
        change.set(lease, value, 'PX', leaseTime);
        // The number outlives the lease as long as the incident is kept.
        change.set(count, String(Math.max(decision.put, fenceOf(number))), 'PX', this.#options.keeps.time);
      }
      const done = await change.exec();
      // Somebody else was faster: look again.
      if (done === null) continue;
      for (const [error] of done) if (error) throw error;
      return { ok: true, fence: 'drop' in decision ? decision.drop : decision.put };
    }
  }
}

type Known = z.infer<typeof held>;

type Decide = (
  now: Known | undefined,
  count: number,
) => { refuse: Known | undefined } | { put: number; holder: Holder } | { drop: number };

/** Held by what this program does not understand: refused, but by force. */
const unreadable: Known = { fence: 0, session: '', name: '', host: '' };

function fenceOf(text: string | null): number {
  const number = Number(text ?? 0);
  return Number.isInteger(number) && number > 0 && number <= highestFence ? number : 0;
}
