// The incidents of a journal as it grows: entries that come after all others are projected one by one, those that come
// late from the last state before them that was kept.
import { GrowingList, type ReadonlyList, sharedStart } from '../growing.ts';
import { openingOf } from './authority.ts';
import { Checkpoints } from './checkpoints.ts';
import { areInOrder, type Entry, inOrder } from './event.ts';
import { beginning, type Incident, type Projected, withEntries } from './incident.ts';

/** Every incident of the entries, oldest first. */
export function projectAll(entries: ReadonlyList<Entry>): readonly Incident[] {
  const projection = new Projection();
  projection.take(entries);
  return projection.incidents;
}

/** What is known of one incident; `projected` is absent without an opening. */
type Kept = {
  entries: GrowingList<Entry>;
  isInOrder: boolean;
  projected: Projected | undefined;
  checkpoints: Checkpoints<Projected>;
};

const opens = ({ event }: Entry): boolean => event.kind === 'opened';
const isOurs = ({ own, writer }: Entry): boolean => own === true || writer.key === undefined;

export class Projection {
  readonly #every: number | undefined;
  #taken: ReadonlyList<Entry> = [];
  readonly #kept = new Map<string, Kept>();
  #incidents: readonly Incident[] | undefined;
  #counting = GrowingList.of<Entry>([]);

  /** `every`: a state of each incident is kept after so many entries. */
  constructor(every?: number) {
    this.#every = every;
  }

  /** Takes all entries of the journal. What they have in common with those before is not projected again. */
  take(entries: ReadonlyList<Entry>): void {
    if (entries === this.#taken) return;
    const from = sharedStart(this.#taken, entries);
    const gone = this.#taken.slice(from);
    const added = entries.slice(from);
    const [old, news] = [byIncident(gone), byIncident(added)];
    this.#taken = entries;
    this.#incidents = undefined;
    let isReopened = false;
    for (const id of new Set([...old.keys(), ...news.keys()])) {
      const before = this.#kept.get(id);
      const change = { gone: old.get(id) ?? [], added: news.get(id) ?? [] };
      const after = (before && changed(before, change)) ?? projected(id, before, change, this.#every);
      this.#kept.set(id, after);
      isReopened ||= before !== undefined && before.projected?.opening !== after.projected?.opening;
    }
    if (isReopened) this.#counting = GrowingList.of(entries.filter(this.#counts(this.#kept.keys(), entries)));
    else this.#count(gone, added, news.keys());
  }

  /** Whether an entry counts is decided by those before it: the ones before a change stay. */
  #count(gone: readonly Entry[], added: readonly Entry[], incidents: Iterable<string>): void {
    const left = new Set(gone);
    const stays = this.#counting.findLastIndex((entry) => !left.has(entry)) + 1;
    this.#counting = this.#counting.first(stays).with(added.filter(this.#counts(incidents, added)));
  }

  /** Tells which of some entries count: the last of the journal, of these incidents. */
  #counts(incidents: Iterable<string>, of: ReadonlyList<Entry>): (entry: Entry) => boolean {
    const some = new Set(of);
    const effective = new Set<Entry>();
    for (const id of incidents) {
      const { entries = [] } = this.#kept.get(id)?.projected?.incident ?? {};
      for (let at = entries.length - 1; at >= 0; at -= 1) {
        const entry = entries.at(at);
        if (!entry || !some.has(entry)) break;
        effective.add(entry);
      }
    }
    return (entry) => isOurs(entry) || effective.has(entry);
  }

  /** The incident with this id; undefined without an opening. */
  incident(id: string): Incident | undefined {
    return this.#kept.get(id)?.projected?.incident;
  }

  /** Every incident, oldest first. */
  get incidents(): readonly Incident[] {
    this.#incidents ??= [...this.#kept.values()]
      .flatMap(({ projected }) => projected?.incident ?? [])
      .sort((a, b) => (a.id < b.id ? -1 : 1));
    return this.#incidents;
  }

  /**
   * Which entries count beyond their incident, for alerts and for what was done to a surface: those of this account, and
   * those of others that have effect in their incident.
   */
  get counting(): ReadonlyList<Entry> {
    return this.#counting;
  }
}

function byIncident(entries: readonly Entry[]): ReadonlyMap<string, readonly Entry[]> {
  const groups = new Map<string, Entry[]>();
  for (const entry of entries) {
    if (!entry.incident) continue;
    const group = groups.get(entry.incident);
    if (group) group.push(entry);
    else groups.set(entry.incident, [entry]);
  }
  return groups;
}

/** The last entries of an incident that are not there any more, and those that are now: both are in the journal's order. */
type Change = { gone: readonly Entry[]; added: readonly Entry[] };

/** An incident that goes on from a state that is kept; undefined: there is none. */
function changed(before: Kept, { gone, added }: Change): Kept | undefined {
  const { entries: known, projected, checkpoints } = before;
  const stays = known.first(known.length - gone.length);
  const last = stays.at(-1);
  if (!projected || !before.isInOrder || !areInOrder(last ? [last, ...added] : added)) return undefined;
  if (gone.some(opens) || added.some(opens)) return undefined;
  const from = gone.length > 0 ? checkpoints.backTo(stays.length) : { count: known.length, state: projected };
  return from && goneOn(from, [...stays.slice(from.count), ...added], { ...before, entries: stays.with(added) });
}

/** An incident from its opening on. */
function projected(id: string, before: Kept | undefined, { gone, added }: Change, every: number | undefined): Kept {
  const known = before?.entries ?? GrowingList.of<Entry>([]);
  const entries = known.first(known.length - gone.length).with(added);
  const ordered = inOrder(entries.slice());
  const opening = openingOf(id, ordered);
  const state = opening && beginning(id, opening);
  const checkpoints = new Checkpoints<Projected>(every);
  const kept = { entries, isInOrder: areInOrder(entries.slice()), projected: state, checkpoints };
  if (!state) return kept;
  checkpoints.add(0, state);
  return goneOn({ count: 0, state }, ordered, kept);
}

/** More entries of an incident, with a state kept after each so many. */
function goneOn(from: { count: number; state: Projected }, news: readonly Entry[], kept: Kept): Kept {
  const { checkpoints } = kept;
  let { count, state } = from;
  for (let at = 0; at < news.length; ) {
    const some = news.slice(at, at + checkpoints.left(count));
    state = { ...state, incident: withEntries(state, some) };
    [at, count] = [at + some.length, count + some.length];
    if (kept.isInOrder) checkpoints.add(count, state);
  }
  const { entries } = state.incident;
  // Where every entry has effect, one list is enough.
  return {
    ...kept,
    projected: state,
    entries: kept.isInOrder && entries.length === count ? GrowingList.of(entries) : kept.entries,
  };
}
