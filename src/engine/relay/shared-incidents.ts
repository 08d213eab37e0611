// Incidents that several cockpits work on, over a relay: entries, control, presence, targets. The local journal comes first
// and always: without the relay everything goes on, and is made up for when it is back.
import { hasControl, isAdmitted } from '../../core/incident/authority.ts';
import type { Presence, RelayStatus } from '../../core/incident/context.ts';
import { endedAt, type Incident, isOngoing } from '../../core/incident/incident.ts';
import { hour, type Instant, type Ms, minute, second } from '../../core/time.ts';
import type { Fault } from '../../core/world/reading.ts';
import type { Journal } from '../../data/journal/journal.ts';
import { clockSkew } from '../../data/journal/plausible.ts';
import { redisWhere } from '../../data/redis/faults.ts';
import type { RelayOptions } from '../../data/relay/connect.ts';
import { Courier } from '../../data/relay/courier.ts';
import { type Holder, leaseTime, renewEvery } from '../../data/relay/lease.ts';
import { RelayLink } from '../../data/relay/link.ts';
import { endPresence, meet, type OthersHere, type RelayPresence } from '../../data/relay/presence.ts';
import type { LookCarrier } from '../../data/shared-looks/look-carrier.ts';
import { placeOf } from '../../data/shared-looks/look-key.ts';
import { believedClock } from '../../data/shared-looks/relayed-looks.ts';
import { debugLog } from '../../disk/debug-log.ts';
import { ControlLeases, type ControlNews } from './control-leases.ts';
import { StallWatch } from './stall-watch.ts';
import { Strangers } from './strangers.ts';
import { TargetLeases } from './target-leases.ts';

/** A resolved incident is shared for so long: its last entries, and what is noted afterwards. */
const sharedAfter: Ms = hour;
/** A relay whose clock is farther away is not believed. */
const believed: Ms = 26 * hour;
/** Lines from the future that are kept in memory. */
const mostEarly = 1000;
/** How long the relay may take over a look that cockpits share. */
const lookWithin: Ms = second / 2;
/** A look that the relay refused is told for so long: longer than it is left alone after one. */
const refusedFor: Ms = minute;
/** How long leaving may take. */
const farewell: Ms = second;

export type SharedOptions = {
  relay: RelayOptions;
  journal: Journal;
  /** Every incident that is open, and the one that is shown. */
  incidents(): readonly Incident[];
  /** How long the screen has not taken an update, in ms. */
  screenWaits?(): Ms;
};

type Listener = { changed(): void; told(news: ControlNews): void };

export class SharedIncidents {
  readonly control: ControlLeases;
  readonly targets: TargetLeases;
  readonly #options: SharedOptions;
  readonly #link: RelayLink;
  readonly #courier: Courier;
  readonly #stalls: StallWatch;
  #listener: Listener = { changed() {}, told() {} };
  #others: OthersHere = { here: [], silent: [] };
  #isHeard = false;
  /** When it is said again for how long the list of cockpits is kept, by `performance.now()`. */
  #renewsAt: Ms = 0;
  #self: RelayPresence | undefined;
  #refused = 0;
  readonly #strangers = new Strangers();
  readonly #place: string;
  #lookRefused: { fault: Fault; at: Instant } | undefined;
  /** Lines from the future, by incident: tried again when their time may have come. */
  #early: { incident: string; line: string }[] = [];
  #renewing: NodeJS.Timeout | undefined;
  #stopNews: (() => void) | undefined;

  constructor(options: SharedOptions) {
    const { relay, journal } = options;
    this.#options = options;
    this.#place = placeOf(journal.state.directory);
    this.#link = new RelayLink(relay, () => {
      this.#correctClock();
      if (this.#link.state.state !== 'connected') this.#isHeard = false;
      else if (this.#self && !this.#isHeard) void this.renewPresence(this.#self);
      this.#listener.changed();
    });
    const holder = (): Holder => {
      const { session, name, host } = journal.writer;
      return { session, name, host };
    };
    this.control = new ControlLeases({
      link: this.#link,
      holder,
      isMine: ({ control }) => !relay.readOnly && hasControl(control, journal.writer),
      tell: (news) => this.#listener.told(news),
    });
    this.targets = new TargetLeases(this.#link, holder);
    const book = {
      shared: () =>
        this.#shared().map((one) => ({
          incident: one.id,
          isOpen: isOngoing(one),
          counts: isAdmitted(one, journal.writer),
        })),
      linesOf: (incident: string) => journal.linesOf(incident),
      take: (incident: string, lines: readonly string[]) => this.#take(incident, lines),
    };
    this.#courier = new Courier(this.#link, book, journal.writer.session, () => this.#listener.changed());
    const hung = (time: Ms) => {
      this.control.hung(time);
      this.targets.hung(time);
    };
    this.#stalls = new StallWatch(leaseTime, hung, options.screenWaits);
  }

  /** Connects. `carries`: also exchanges entries; a single command only takes leases. */
  start({ carries = true } = {}): void {
    const { journal } = this.#options;
    this.#stalls.start();
    this.#link.start((up) =>
      carries
        ? this.#courier.work(up)
        : new Promise((resolve) => {
            up.works();
            up.signal.addEventListener('abort', () => resolve(), { once: true });
          }),
    );
    if (!carries) return;
    const stopWritten = journal.onWritten(() => void this.#courier.send());
    const stopNews = journal.onNews(() => this.control.follow(this.#options.incidents()));
    this.#stopNews = () => {
      stopWritten();
      stopNews();
    };
    this.control.follow(this.#options.incidents());
    this.#renewing = setInterval(() => {
      void this.control.renew();
      const early = this.#early.splice(0);
      for (const { incident, line } of early) void this.#take(incident, [line]);
    }, renewEvery);
  }

  /** Who is told what changes. */
  listen(listener: Listener): void {
    this.#listener = listener;
  }

  /** What sources share their looks with: the cockpits whose keys were admitted to an open incident. */
  get carrier(): LookCarrier {
    const { journal, relay } = this.#options;
    const isAdmitted = (key: string) =>
      this.#shared().some(
        (one) =>
          isOngoing(one) &&
          one.keys.some((known) => known.key === key && known.state !== 'new' && known.state !== 'removed'),
      );
    return {
      root: relay.root,
      readOnly: relay.readOnly ?? false,
      clock: () => this.#link.clock,
      self() {
        const { signer } = journal.keys;
        return signer && { ...journal.writer, signer };
      },
      hosts: () => {
        const others = this.#others.here.filter(({ key }) => key !== undefined && isAdmitted(key));
        return new Set([this.#place, ...others.map(({ place, session }) => place ?? session)]).size;
      },
      isAdmitted,
      ask: (what) => this.#link.attempt(what, lookWithin, (fault) => this.#refuseLook(fault)),
    };
  }

  #refuseLook(fault: Fault): void {
    const isNews = this.#unshared?.why !== 'refused';
    this.#lookRefused = { fault, at: Date.now() };
    if (!isNews) return;
    debugLog.warn('relay', { unshared: fault.what });
    this.#listener.changed();
  }

  get #unshared(): RelayStatus['unshared'] {
    const refused = this.#lookRefused;
    const since = refused && Date.now() - refused.at;
    if (refused && since !== undefined && since >= 0 && since < refusedFor)
      return { why: 'refused', what: refused.fault.what, hint: refused.fault.hint };
    const { clock } = this.#link;
    return Math.abs(clock) > believedClock ? { why: 'clock', by: clock } : undefined;
  }

  /** For the screen. */
  get status(): RelayStatus {
    const { state } = this.#link;
    const where = redisWhere(this.#link.options.redis);
    const clock = Math.abs(this.#link.clock) > clockSkew ? this.#link.clock : undefined;
    const counts = {
      clock,
      isRead: this.#courier.isRead,
      isHeard: this.#isHeard,
      unsent: this.#courier.unsent,
      tooLong: this.#courier.tooLong,
      refused: this.#refused,
      unshared: this.#unshared,
    };
    if (state.state !== 'away') return { where, state: state.state, ...counts };
    const { what, short, hint } = state.fault;
    return { where, state: 'away', since: state.since, what, short, hint, ...counts };
  }

  /** Everybody else on the relay, as they were when it last answered; while it is away, marked as unheard. */
  get others(): readonly Omit<Presence, 'driving'>[] {
    const isAway = this.#link.state.state !== 'connected';
    return this.#others.here.map((one) => ({ ...one, at: 0, unheard: isAway || undefined }));
  }

  /** The sessions that do not answer and did not say that they left. */
  get silent(): readonly string[] {
    return this.#others.silent;
  }

  /** Says that this cockpit is here, and looks who else is. */
  async renewPresence(presence: RelayPresence): Promise<void> {
    const self = { ...presence, place: this.#place };
    this.#self = self;
    const renews = performance.now() >= this.#renewsAt;
    await this.#link
      .ask(async ({ ask, options }) => {
        this.#others = await meet(ask, options, self, renews);
        this.#isHeard = true;
        if (renews) this.#renewsAt = performance.now() + minute;
      })
      .catch(() => undefined);
  }

  /** Before an effect: notices at once that this cockpit hung. */
  checkStall(): void {
    this.#stalls.check();
  }

  /** Sends what is left, gives up what it holds, and disconnects. */
  async stop(): Promise<void> {
    clearInterval(this.#renewing);
    this.#stalls.stop();
    this.#stopNews?.();
    const leave = async () => {
      await this.#courier.send();
      await this.control.release();
      if (this.#options.relay.readOnly) return;
      const { session } = this.#options.journal.writer;
      await this.#link.ask(({ ask, options }) => endPresence(ask, options, session)).catch(() => undefined);
    };
    let timer: NodeJS.Timeout | undefined;
    const late = new Promise<void>((resolve) => {
      timer = setTimeout(resolve, farewell);
    });
    await Promise.race([leave(), late]);
    clearTimeout(timer);
    await this.#link.stop();
  }

  /**
   * Of a host whose clock is wrong the others would take no entry: what it writes carries the relay's time. Order and
   * effect do not depend on it, and a clock that is moved is recorded.
   */
  #correctClock(): void {
    const { clock } = this.#link;
    const isWrong = Math.abs(clock) > clockSkew && Math.abs(clock) < believed;
    this.#options.journal.correctClock(isWrong ? clock : 0);
  }

  #shared(): readonly Incident[] {
    const since = Date.now() - sharedAfter;
    return this.#options
      .incidents()
      .filter((one) => one.control.key !== undefined && (endedAt(one) ?? Date.now()) > since);
  }

  async #take(incident: string, lines: readonly string[]): Promise<void> {
    const find = () => this.#options.incidents().find(({ id }) => id === incident);
    const receipts = await this.#options.journal.receive(lines, this.#strangers.judge(incident, find()));
    if (this.#strangers.areMissing(find())) this.#courier.readAgain(incident);
    const isEarly = (at: number) => {
      const receipt = receipts[at];
      return receipt?.outcome === 'refused' && receipt.why === 'implausible';
    };
    const early = lines.flatMap((line, at) => (isEarly(at) ? [{ incident, line }] : []));
    this.#early = [...this.#early, ...early].slice(-mostEarly);
    const refused = receipts.filter(({ outcome }, at) => outcome === 'refused' && !isEarly(at)).length;
    this.#refused += refused;
    if (refused > 0) debugLog.warn('relay', { refused, incident });
    this.#listener.changed();
  }
}
