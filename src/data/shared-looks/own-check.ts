// What a host saw itself of what another host tells it: a server that does not say who it is may be another one there, and
// only this host's own look tells that it is reached from here.
import { type Instant, type Ms, minute } from '../../core/time.ts';

/** Hosts together ask at most so many times as often as one alone. */
const share = 1.5;

/** Where a try fails and the server answers, tries tell nothing: so many are left out. */
const leftOut = 10;

/** Whether this host reaches the server, for less than a look: cheap enough to be tried by each of those that share. */
export type Reach = { every(sharing: number): Ms; try(): Promise<boolean> };

export type LookCheck<T> = {
  /** What must be the same in both looks; else this host asks itself. */
  verdict(value: T): string;
  /** A host's own looks are at most so far apart, or one interval for each host where that is less. */
  within: Ms;
  /** Where so many hosts would ask too often together: what the bound grows to. Absent: it does not grow. */
  most?: Ms;
  /**
   * What else proves that this host reaches the server: it asks itself where nothing did for `within`. `provenAt`: when
   * something last did, by `performance.now()`.
   */
  way?: { within: Ms; provenAt(): Ms } | undefined;
  reach?: Reach | undefined;
  /** How late another host's answer is waited for; absent: as long as a look may take. */
  patience?: Ms;
  /** What names the look among hosts, where that is less than on one host: a login stays there. */
  parts?: unknown;
  /** Another host's value, with what only this host can know of it. */
  here?(told: T, own: T): T;
};

/** What is enough for a gateway and a Prometheus: a minute, for many hosts five. */
export const aMinute = { within: minute, most: 5 * minute } as const;

/** The longest time between two own looks of a host, of so many that share them. */
export function ownLookEvery(
  hosts: number,
  every: Ms,
  { within, most = within }: Pick<LookCheck<never>, 'within' | 'most'>,
): Ms {
  return Math.min(most, Math.max(Math.min(hosts * every, within), (hosts * every) / share));
}

export class OwnCheck<T> {
  readonly #check: LookCheck<T>;
  readonly #every: Ms;
  #own: { value: T; at: Ms } | undefined;
  /** When the server was last reached by a try. */
  #reachedAt: Ms = Number.NEGATIVE_INFINITY;
  #isUnreached = false;

  constructor(check: LookCheck<T>, every: Ms) {
    this.#check = check;
    this.#every = every;
  }

  /** This host looked itself, at that instant of `Date.now()`; undefined: it was not answered. */
  saw(value: T | undefined, at: Instant, now: Ms = performance.now()): void {
    this.#own = value === undefined ? undefined : { value, at: now - Math.max(0, Date.now() - at) };
    if (this.#isUnreached && this.#own) this.#reachedAt = now + leftOut * (this.#check.reach?.every(1) ?? 0);
    this.#isUnreached = false;
  }

  /** Whether the last own look was answered. */
  get isGood(): boolean {
    return this.#own !== undefined;
  }

  /** How much of the time to the next own look has passed: from 0, and 1 where it is due. */
  age(hosts: number, now: Ms = performance.now()): number {
    return this.#own ? Math.min(1, (now - this.#own.at) / ownLookEvery(hosts, this.#every, this.#check)) : 1;
  }

  /** Whether this host has to ask now, as the next turn would be too late. */
  isDue(hosts: number, now: Ms = performance.now()): boolean {
    if (!this.#own) return true;
    const { way } = this.#check;
    const next = now + this.#every * 0.9;
    const isUnproven = way !== undefined && next - Math.max(this.#own.at, way.provenAt()) > way.within;
    // With its way proven otherwise it waits for its turn: two that ask because both are due at once ask too much.
    const most = way ? this.#check.within : ownLookEvery(hosts, this.#every, this.#check);
    return isUnproven || next - this.#own.at > most;
  }

  /** Whether this host reaches the server, as far as that is to be tried now; false: ask yourself. */
  async isReached(sharing: number, now: Ms = performance.now()): Promise<boolean> {
    const { reach } = this.#check;
    if (!reach || !this.#own || now - Math.max(this.#own.at, this.#reachedAt) < reach.every(sharing)) return true;
    this.#isUnreached = !(await reach.try());
    if (!this.#isUnreached) this.#reachedAt = now;
    return !this.#isUnreached;
  }

  /** What of another host's look holds here too; undefined: ask yourself. */
  confirmed(told: T): T | undefined {
    const { verdict, here } = this.#check;
    if (!this.#own || verdict(told) !== verdict(this.#own.value)) return undefined;
    return here ? here(told, this.#own.value) : told;
  }
}
