// The incidents of a journal as it grows: entries that come after all others are projected one by one.
import { sharedStart, steady } from '../growing.ts';
import { areInOrder, type Entry } from './event.ts';
import { type Incident, type Projected, projectEntries, withEntries } from './incident.ts';

/** Every incident of the entries, oldest first. */
export function projectAll(entries: readonly Entry[]): readonly Incident[] {
  const projection = new Projection();
  projection.take(entries);
  return projection.incidents;
}

/** What is known of one incident; `projected` is absent without an opening. */
type Kept = { entries: readonly Entry[]; projected: Projected | undefined };

const opens = ({ event }: Entry): boolean => event.kind === 'opened';
const isOurs = ({ own, writer }: Entry): boolean => own === true || writer.key === undefined;

export class Projection {
  #taken: readonly Entry[] = [];
  readonly #kept = new Map<string, Kept>();
  #incidents: readonly Incident[] | undefined;
  #counting: readonly Entry[] = [];

  /** Takes all entries of the journal. An incident whose entries only grew at the end takes only the new ones. */
  take(entries: readonly Entry[]): void {
    if (entries === this.#taken) return;
    const from = sharedStart(this.#taken, entries);
    const old = byIncident(this.#taken.slice(from));
    const isGrown = from === this.#taken.length;
    const added = entries.slice(from);
    const news = byIncident(added);
    this.#taken = entries;
    this.#incidents = undefined;
    const effective = new Set<Entry>();
    let isCounted = isGrown;
    for (const id of new Set([...old.keys(), ...news.keys()])) {
      const before = this.#kept.get(id);
      const after = keep(id, before, old.get(id)?.length ?? 0, news.get(id) ?? []);
      this.#kept.set(id, after);
      isCounted = isCounted && (before === undefined || before.projected?.opening === after.projected?.opening);
      const known = before?.projected?.incident.entries.length ?? 0;
      for (const entry of after.projected?.incident.entries.slice(known) ?? []) effective.add(entry);
    }
    if (!isCounted)
      for (const { projected } of this.#kept.values())
        for (const entry of projected?.incident.entries ?? []) effective.add(entry);
    const counts = (entry: Entry) => isOurs(entry) || effective.has(entry);
    const counting = added.filter(counts);
    if (!isCounted) this.#counting = entries.filter(counts);
    // Mostly all count: then one list is enough.
    else if (this.#counting.length + counting.length === entries.length) this.#counting = entries;
    else if (counting.length > 0) this.#counting = [...this.#counting, ...counting];
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
  get counting(): readonly Entry[] {
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

/** One incident without the last `gone` of its entries, and with others. */
function keep(id: string, before: Kept | undefined, gone: number, added: readonly Entry[]): Kept {
  const { projected, entries: known = [] } = before ?? {};
  const stays = gone > 0 ? known.slice(0, known.length - gone) : known;
  const last = stays.at(-1);
  const onlyGrew = gone === 0 && last !== undefined && areInOrder([last, ...added]) && !added.some(opens);
  // Where every entry has effect, one list is enough: each new entry copies it.
  if (!projected || !onlyGrew) {
    const entries = [...stays, ...added];
    const fresh = projectEntries(id, entries);
    return { entries: steady(fresh?.incident.entries, entries), projected: fresh };
  }
  const { opening } = projected;
  const incident = withEntries(projected, added);
  const isWhole = known === projected.incident.entries && incident.entries.length === known.length + added.length;
  return { entries: isWhole ? incident.entries : [...known, ...added], projected: { opening, incident } };
}
