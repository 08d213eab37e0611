// The engine's one journal, for all modules: record and flush an event, and check whether an action may run.

import { hostname, userInfo } from 'node:os';
import { scopeOf } from '../../config/scope.ts';
import type { Settings } from '../../config/settings.ts';
import type { OpenIncident } from '../../core/actions/preflight.ts';
import type { ReadonlyList } from '../../core/growing.ts';
import { hasControl } from '../../core/incident/authority.ts';
import { severityName } from '../../core/incident/checklist.ts';
import type { Entry, Event, EventOf } from '../../core/incident/event.ts';
import { type Incident, isOngoing } from '../../core/incident/incident.ts';
import { openAmong } from '../../core/incident/open.ts';
import { pageKey } from '../../core/incident/page.ts';
import { isSharedAccount, longestName, namesOf, whatIsWrongWithName } from '../../core/incident/person.ts';
import { Projection } from '../../core/incident/projection.ts';
import { formatAge } from '../../core/text/format.ts';
import { stripControl } from '../../core/text/text.ts';
import type { Instant, Ms } from '../../core/time.ts';
import { Journal } from '../../data/journal/journal.ts';
import { relayOptions } from '../../data/relay/connect.ts';
import { carryLooks } from '../../data/shared-looks/look-carrier.ts';
import type { Result } from '../../data/source.ts';
import type { Loss } from '../relay/kept-lease.ts';
import { SharedIncidents } from '../relay/shared-incidents.ts';
import { Tasks } from '../tasks.ts';

/** What the journal records about a run. */
export type RunNews = Omit<EventOf<'action'>, 'kind'>;

export class Recorder {
  readonly journal: Journal;
  /** What still has an end to record: the journal is closed after it. */
  readonly pending = new Tasks();
  /** Resolves when the existing entries have been read. */
  readonly ready: Promise<void>;
  /** The incident that this cockpit shows; undefined: the newest that is open. */
  #following: string | undefined;
  readonly #projection = new Projection();
  readonly #names: (entries: ReadonlyList<Entry>) => ReadonlySet<string>;
  #incident: Incident | undefined;
  #folded: unknown;
  #open: readonly Incident[] = [];
  #searched: unknown;
  #allowed: string | undefined;
  readonly #observing: boolean;
  /** The name that the configuration gives. */
  readonly #given: string | undefined;
  #asks: boolean;
  #named: Promise<unknown>;
  #read = 0;

  /** What several cockpits share; absent without a relay. */
  readonly shared: SharedIncidents | undefined;

  /** `screenWaits`: how long the screen has not taken an update, in ms. */
  constructor(settings: Settings, screenWaits?: () => Ms) {
    const scope = scopeOf(settings);
    const user = osUser();
    this.#names = namesOf(user);
    const { directory = '', group } = settings.journal;
    this.#observing = settings.environment.observe;
    const relay = relayOptions(settings);
    this.#given = settings.person.name ?? settings.journal.name;
    // A drill is practice: it asks nothing that is not part of it.
    this.#asks = !this.#observing && this.#given === undefined && scope.drill === undefined;
    this.journal = new Journal({
      place: { directory, group: group || undefined },
      writer: { user, name: stripControl(this.#given ?? user, longestName), host: stripControl(hostname(), 80) },
      environment: scope.environment,
      drill: scope.drill || undefined,
      observing: this.#observing,
      shares: relay !== undefined,
      reading: (share) => {
        this.#read = share;
      },
    });
    if (relay) {
      const incidents = () => {
        const { incident, open } = this;
        return incident === undefined || open.includes(incident) ? open : [...open, incident];
      };
      this.shared = new SharedIncidents({ relay, journal: this.journal, incidents, screenWaits });
      carryLooks(settings, this.shared.carrier);
    }
    this.ready = this.journal.open();
    this.#named = this.ready;
  }

  /** The incident that is shown: followed, or the newest that is open. The same object until an entry changes it. */
  get incident(): Incident | undefined {
    const { entries } = this.journal;
    if (this.#folded === entries) return this.#incident;
    this.#folded = entries;
    const followed = this.#following === undefined ? undefined : this.#projected.incident(this.#following);
    this.#incident = followed && !isOngoing(followed) ? this.#after(followed) : (followed ?? this.open.at(-1));
    this.#following = this.#incident?.id;
    return this.#incident;
  }

  /** An incident that ended is shown until another one is opened. */
  #after(ended: Incident): Incident {
    const ends = ({ event: { kind } }: Entry) => kind === 'resolved' || kind === 'cancelled';
    const last = ended.entries.findLast(ends)?.id ?? '';
    const next = this.open.at(-1);
    return next && (next.entries.at(0)?.id ?? '') > last ? next : ended;
  }

  /** Whether a person has to be asked for a name before anything is recorded: the account is shared. */
  get asksName(): boolean {
    const { writer, entries } = this.journal;
    return this.#asks && (isSharedAccount(writer.user) || this.#names(entries).size > 1);
  }

  /** How much of the journal has been read, from 0 to 1. */
  get read(): number {
    return this.#read;
  }

  /** Resolves when the journal is read, and the name that a person gave is taken. */
  get named(): Promise<unknown> {
    return this.#named;
  }

  /** Takes the name of the person, for this run; says why not. */
  takeName(name: string): Promise<string | undefined> {
    const taken = this.#named.then(async () => {
      const wrong = whatIsWrongWithName(name);
      if (wrong) return wrong;
      if (!(await this.journal.rename(name.trim()))) return 'already recorded under another name: restart with --as';
      this.#asks = false;
      return undefined;
    });
    this.#named = taken;
    return taken;
  }

  get #projected(): Projection {
    this.#projection.take(this.journal.entries);
    return this.#projection;
  }

  /** The entries that count beyond their incident. */
  get counting(): ReadonlyList<Entry> {
    return this.#projected.counting;
  }

  /** All open incidents, oldest first. */
  get open(): readonly Incident[] {
    const { entries } = this.journal;
    if (this.#searched === entries) return this.#open;
    this.#searched = entries;
    this.#open = openAmong(this.#projected.incidents, Date.now());
    return this.#open;
  }

  follow(id: string | undefined): void {
    this.#following = id;
    this.#folded = undefined;
  }

  /**
   * Records an event of the shown incident and flushes it; a fault says that it is only in memory. `automatic`: the cockpit
   * did it by itself.
   */
  async record(event: Event, automatic?: true): Promise<Result<undefined>> {
    await this.#named;
    const outcome = await this.journal.append(event, this.incident?.id, { automatic });
    return outcome.ok ? { ok: true, value: undefined } : outcome;
  }

  /**
   * Why no action may run from here now; undefined: it may. `asPerson`: for the command line, where the person in control
   * of a cockpit on this host is in control too.
   */
  mayAct(asPerson = false): string | undefined {
    if (this.#observing) return 'this cockpit only observes';
    const forbidden = this.#whyNotInControl(asPerson);
    if (forbidden !== undefined) return forbidden;
    const { trouble } = this.journal.state;
    if (trouble?.distrusted) return `the journal is unavailable (${trouble.what}): ${trouble.hint}`;
    if (trouble && this.#allowed === undefined)
      return `the journal is unavailable (${trouble.what}): ${trouble.hint}, or allow actions without it`;
    return undefined;
  }

  /**
   * Why this cockpit is not in control any more: asked of the relay too, right before each effect. Undefined while the
   * relay is away: whoever is in control goes on alone.
   */
  async lostControl(asPerson = false): Promise<string | undefined> {
    const { shared } = this;
    shared?.checkStall();
    await Promise.all(this.#concerned().map(({ id }) => shared?.control.confirm(id)));
    return this.#whyNotInControl(asPerson);
  }

  /** The incidents that decide whether an action may run. */
  #concerned(): readonly Incident[] {
    const { incident } = this;
    // Also while a resolved incident is on the screen: another cockpit may control an open one.
    return incident && isOngoing(incident) ? [incident] : this.open;
  }

  #whyNotInControl(asPerson: boolean): string | undefined {
    const open = this.#concerned();
    const controlled = open.filter((one) => this.#controls(one, asPerson));
    if (open.length > 0 && controlled.length === 0) return whoIsInControl(open.at(-1), this.incident);
    const losses = controlled.map((one) => this.shared?.control.lossOf(one.id));
    const [loss] = losses;
    return loss && losses.every((one) => one !== undefined) ? whyLost(loss) : undefined;
  }

  #controls({ control, entries }: Incident, asPerson: boolean): boolean {
    const { writer } = this.journal;
    if (hasControl(control, writer)) return true;
    const { user, name, host, key } = writer;
    const held = entries.find(({ writer }) => writer.session === control.session);
    if (!asPerson || !held) return false;
    // Two cockpits that began at once made a key each; both are this account's.
    const isAccount = held.own === true || held.writer.key === key;
    const holder = held.writer;
    return isAccount && holder.user === user && holder.name === name && holder.host === host;
  }

  get allowed(): string | undefined {
    const { trouble } = this.journal.state;
    return trouble && !trouble.distrusted ? this.#allowed : undefined;
  }

  /** Lets actions continue without a journal; that is recorded as soon as it can be. */
  allowUnrecorded(why: string): void {
    this.#allowed = why;
  }
}

/** Why this cockpit is not in control, although the journal says so. */
export function whyLost(loss: Loss): string {
  if (loss.why === 'hung')
    return `control lost: this cockpit did not respond for ${formatAge(loss.for)}; take control again`;
  return `control lost: ${loss.by ? `${loss.by.name} at ${loss.by.host}` : 'another cockpit'} has it; take control again`;
}

function whoIsInControl(open: Incident | undefined, shown: Incident | undefined): string {
  const who = open?.control.person ?? 'another person';
  if (!open || open.id === shown?.id) return `${who} controls this incident: take control first`;
  return `${who} controls ${severityName(open.severity)} ${open.title}: show it and take control first`;
}

/** The open incident, for an action that is about to run. */
export function openIncident({ incident }: Recorder, now: Instant): OpenIncident | undefined {
  if (!incident || !isOngoing(incident)) return undefined;
  const says = `${severityName(incident.severity)} ${incident.title}, open for ${formatAge(now - incident.openedAt)}`;
  return { says, key: pageKey(incident) };
}

/** Records the phase of a run, and what follows for the incident. `automatic`: the run of a cockpit that has ended. */
export async function recordRun(recorder: Recorder, news: RunNews, automatic?: true): Promise<Result<undefined>> {
  const written = await recorder.record({ kind: 'action', ...news }, automatic);
  if (news.action === 'acknowledge-page' && news.phase === 'verified') await recorder.record({ kind: 'acknowledged' });
  return written;
}

function osUser(): string {
  try {
    return stripControl(userInfo().username, 60);
  } catch {
    return stripControl(process.env.USER ?? String(process.getuid?.() ?? 'unknown'), 60);
  }
}
