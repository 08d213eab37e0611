// The entries of an incident as the timeline tells them.

import { addedTo, GrowingList, type ReadonlyList, sharedStart, steady } from '../core/growing.ts';
import type { Refusal } from '../core/incident/authority.ts';
import { areInOrder, authorOf, type Entry, inOrder } from '../core/incident/event.ts';
import type { Incident } from '../core/incident/incident.ts';
import type { Instant } from '../core/time.ts';
import { type Story, startedAt, tellsHowLong, timelineText } from './timeline-text.ts';

/** An entry as the timeline tells it. `who`: the person, or the cockpit itself. */
export type Told = { entry: Entry; story: Story; who: string };

/** Every entry of an incident that the timeline tells, in order; those without effect say so. */
export const timelineOf = (incident: Incident): ReadonlyList<Told> => timelineTeller()(incident);

/** How an entry is told. It depends on what came after it too: on the start of its run, on the outcome of its message. */
type How = { why?: Refusal; isUncontrolled: boolean; startedAt?: Instant; isOvertaken: boolean };

/** Most entries are. */
const plainly: How = { isUncontrolled: false, isOvertaken: false };

/**
 * Tells incidents as they grow: an entry that is told as before stays the same object, and so does the list. What an
 * entry at the end costs does not depend on how many there are.
 */
export function timelineTeller(): (incident: Incident) => ReadonlyList<Told> {
  const telling = new Telling();
  return (incident) => telling.take(incident);
}

class Telling {
  #seen: Incident | undefined;
  /** Every entry in order, and beside each how it was told, and as what. */
  #all: Entry[] = [];
  #how: How[] = [];
  #told: (Told | undefined)[] = [];
  #timeline = GrowingList.of<Told>([]);
  #uncontrolled: ReadonlySet<string> = new Set();
  readonly #starts = new Map<string, Instant | undefined>();
  /** Messages whose outcome is recorded. */
  readonly #settled = new Set<string>();
  /** The places of the entries that are told differently once their run started, or their message is settled. */
  readonly #ofRun = new Map<string, number[]>();
  readonly #ofMessage = new Map<string, number[]>();

  take(incident: Incident): ReadonlyList<Told> {
    const news = this.#seen && newsOf(this.#seen, incident, this.#all.at(-1));
    if (this.#seen && news) this.#grow(this.#seen, incident, news);
    else this.#begin(incident);
    this.#seen = incident;
    return this.#timeline;
  }

  #grow(before: Incident, after: Incident, news: News): void {
    const changed = [...this.#learnRuns(before.runs, after.runs), ...this.#learnMessages(before, after)];
    if (news.uncontrolled.length > 0) this.#uncontrolled = new Set(after.uncontrolled);
    for (const place of changed) {
      const entry = this.#all[place];
      if (entry) this.#put(place, entry, this.#howOf(entry, this.#how[place]?.why));
    }
    const from = this.#all.length;
    for (const entry of news.entries) this.#add(entry, this.#howOf(entry, news.reasons.get(entry)));
    const told = (of: readonly (Told | undefined)[]) => of.filter((one) => one !== undefined);
    if (changed.length > 0) this.#timeline = GrowingList.of(told(this.#told));
    else this.#timeline = this.#timeline.with(told(this.#told.slice(from)));
  }

  /** Tells every entry; one that is told as before keeps what was made of it. */
  #begin(incident: Incident): void {
    const reasons = new Map(incident.refused.map(({ entry, why }) => [entry, why]));
    const [all, how, told] = [this.#all, this.#how, this.#told];
    const entries = inReadingOrder(incident.entries, [...reasons.keys()], incident);
    const from = sharedStart(all, entries);
    // Mostly the order has changed near the end.
    const places = new Map(all.slice(from).map((entry, at) => [entry, from + at]));
    [this.#all, this.#how, this.#told] = [[], [], []];
    for (const each of [this.#starts, this.#settled, this.#ofRun, this.#ofMessage]) each.clear();
    this.#learnRuns([], incident.runs);
    this.#learnMessages({ messages: [] }, incident);
    this.#uncontrolled = new Set(incident.uncontrolled);
    for (const [at, entry] of entries.entries()) {
      const now = this.#howOf(entry, reasons.get(entry));
      const place = at < from ? at : (places.get(entry) ?? -1);
      const before = how[place];
      if (before && isToldAlike(before, now)) this.#add(entry, before, told[place]);
      else this.#add(entry, now);
    }
    this.#timeline = steady(this.#timeline, GrowingList.of(this.#told.filter((one) => one !== undefined)));
  }

  /** Returns the places of what is told differently now. */
  #learnRuns(before: Incident['runs'], after: Incident['runs']): readonly number[] {
    if (before === after) return [];
    return after.flatMap((run, at) => {
      if (run === before[at]) return [];
      const start = startedAt(run);
      if (this.#starts.get(run.run) === start) return [];
      this.#starts.set(run.run, start);
      return this.#ofRun.get(run.run) ?? [];
    });
  }

  #learnMessages(before: Pick<Incident, 'messages'>, after: Pick<Incident, 'messages'>): readonly number[] {
    if (before.messages === after.messages) return [];
    return after.messages.slice(sharedStart(before.messages, after.messages)).flatMap(({ message, delivery }) => {
      const isSettled = delivery !== 'sending';
      if (this.#settled.has(message) === isSettled) return [];
      if (isSettled) this.#settled.add(message);
      else this.#settled.delete(message);
      return this.#ofMessage.get(message) ?? [];
    });
  }

  #add(entry: Entry, how: How, told?: Told): void {
    const place = this.#all.push(entry) - 1;
    if (told) [this.#how[place], this.#told[place]] = [how, told];
    else this.#put(place, entry, how);
    const { event } = entry;
    if (how.why) return;
    if (event.kind === 'action' && tellsHowLong(event.phase)) addTo(this.#ofRun, event.run, place);
    else if (event.kind === 'notified' && event.delivery === 'sending') addTo(this.#ofMessage, event.message, place);
  }

  #put(place: number, entry: Entry, how: How): void {
    this.#how[place] = how;
    this.#told[place] = tell(entry, how);
  }

  #howOf({ id, event }: Entry, why: Refusal | undefined): How {
    const isUncontrolled = !why && this.#uncontrolled.has(id);
    const start =
      event.kind === 'action' && !why && tellsHowLong(event.phase) ? this.#starts.get(event.run) : undefined;
    const isOvertaken =
      event.kind === 'notified' && !why && event.delivery === 'sending' && this.#settled.has(event.message);
    if (!why && !isUncontrolled && start === undefined && !isOvertaken) return plainly;
    return { why, isUncontrolled, startedAt: start, isOvertaken };
  }
}

/** What was added to an incident, all of it after what was there. */
type News = {
  entries: readonly Entry[];
  reasons: ReadonlyMap<Entry, Refusal>;
  uncontrolled: readonly string[];
};

/** Undefined: it is another incident, or has changed in another way. */
function newsOf(before: Incident, after: Incident, last: Entry | undefined): News | undefined {
  const effective = addedTo(before.entries, after.entries);
  const refused = addedTo(before.refused, after.refused);
  const uncontrolled = addedTo(before.uncontrolled, after.uncontrolled);
  if (!effective || !refused || !uncontrolled) return undefined;
  if (after.runs.length < before.runs.length || after.messages.length < before.messages.length) return undefined;
  if (before.refused.length === 0 && refused.length > 0) return undefined;
  const reasons = new Map(refused.map(({ entry, why }) => [entry, why]));
  const entries = inReadingOrder(effective, [...reasons.keys()], after);
  const [first] = entries;
  // Of entries with one id, what is said of one is said of all.
  const follows =
    !first || !last || (last.id !== first.id && (after.refused.length === 0 || areInOrder([last, first])));
  return follows ? { entries, reasons, uncontrolled } : undefined;
}

/** Entries that have effect are in order; those without stand between them. */
const inReadingOrder = (effective: ReadonlyList<Entry>, refused: readonly Entry[], of: Incident): readonly Entry[] =>
  of.refused.length === 0 ? effective.slice() : inOrder([...effective, ...refused]);

function addTo(places: Map<string, number[]>, key: string, place: number): void {
  const known = places.get(key);
  if (known) known.push(place);
  else places.set(key, [place]);
}

const isToldAlike = (a: How, b: How): boolean =>
  a.why === b.why &&
  a.isUncontrolled === b.isUncontrolled &&
  a.startedAt === b.startedAt &&
  a.isOvertaken === b.isOvertaken;

function tell(entry: Entry, { why, isUncontrolled, startedAt, isOvertaken }: How): Told | undefined {
  const story = isOvertaken ? undefined : timelineText(entry, startedAt);
  if (!story) return undefined;
  const who = authorOf(entry);
  if (why) return { entry, who, story: { ...story, verdict: 'warning', says: `${refusalSays[why]}: ${story.says}` } };
  return { entry, who, story: isUncontrolled ? { ...story, says: `not in control: ${story.says}` } : story };
}

const refusalSays: Readonly<Record<Refusal, string>> = {
  'not-signed': 'no effect, not signed',
  'new-key': 'no effect, key not admitted',
  'removed-key': 'no effect, key removed',
  'not-in-control': 'no effect, not in control',
  overtaken: 'no effect, another cockpit had control',
};
