// The incident crosses the thread as a difference: ten thousand entries copied at every note would delay keys. The
// projection keeps the identity of what did not change, so a difference costs one pass. What is long comes in parts, so
// that keys go between them; the screen gets the incident when it is whole.
import { GrowingList, type ListDelta, type ReadonlyList, sharedStart, withDelta } from '../core/growing.ts';
import type { Entry } from '../core/incident/event.ts';
import type { Incident } from '../core/incident/incident.ts';

/** The lists that grow as long as the incident lasts. */
type Lists = Pick<Incident, 'entries' | 'refused' | 'runs' | 'messages' | 'updates' | 'uncontrolled' | 'pins'>;
type Name = keyof Lists;
type ItemOf<L> = L extends ReadonlyList<infer T> ? T : never;

/** An incident, or a part of it, as a difference from what was sent before; null: none is shown. */
export type IncidentDelta = {
  /** Absent: more parts come. */
  rest?: Omit<Incident, Name>;
  lists: { [K in Name]: ListDelta<ItemOf<Lists[K]>> };
} | null;

/** Items of each list in a part: the screen takes some 5 ms for so many entries. */
const longestPart = 2000;

export type IncidentEncoder = {
  /** The first part of the incident. */
  begin(incident: Incident | null): IncidentDelta;
  /** The next part of what was begun; undefined: it is sent. */
  next(): IncidentDelta | undefined;
  readonly isPending: boolean;
};

/** Remembers what was sent. `longest`: items of a list in a part. */
export function incidentEncoder(longest = longestPart): IncidentEncoder {
  const of = {
    entries: listEncoder<Entry>(longest),
    refused: listEncoder<Lists['refused'][number]>(longest),
    runs: listEncoder<Lists['runs'][number]>(longest),
    messages: listEncoder<Lists['messages'][number]>(longest),
    updates: listEncoder<Lists['updates'][number]>(longest),
    uncontrolled: listEncoder<Lists['uncontrolled'][number]>(longest),
    pins: listEncoder<Lists['pins'][number]>(longest),
  };
  let pending: Incident | undefined;
  const part = (incident: Incident): IncidentDelta => {
    const { entries, refused, runs, messages, updates, uncontrolled, pins, ...rest } = incident;
    const lists = {
      entries: of.entries.next(entries),
      refused: of.refused.next(refused),
      runs: of.runs.next(runs),
      messages: of.messages.next(messages),
      updates: of.updates.next(updates),
      uncontrolled: of.uncontrolled.next(uncontrolled),
      pins: of.pins.next(pins),
    };
    pending = Object.values(of).every(({ isWhole }) => isWhole()) ? undefined : incident;
    return pending ? { lists } : { rest, lists };
  };
  return {
    begin(incident) {
      if (incident) return part(incident);
      pending = undefined;
      for (const list of Object.values(of)) list.forget();
      return null;
    },
    next: () => pending && part(pending),
    get isPending() {
      return pending !== undefined;
    },
  };
}

/** One list: the first `sent` items of `list` have been sent. */
function listEncoder<T>(longest: number) {
  let list: ReadonlyList<T> = [];
  let sent = 0;
  return {
    next(after: ReadonlyList<T>): ListDelta<T> {
      const keep = after === list ? sent : Math.min(sent, sharedStart(list, after));
      const add = after.slice(keep, keep + longest);
      [list, sent] = [after, keep + add.length];
      return { keep, add };
    },
    isWhole: () => sent === list.length,
    forget() {
      [list, sent] = [[], 0];
    },
  };
}

/** Reassembles the incidents; undefined while more parts come. */
export function incidentDecoder(): (delta: IncidentDelta) => Incident | null | undefined {
  const of = {
    entries: listDecoder<Entry, GrowingList<Entry>>(GrowingList.of<Entry>([]), (before, { keep, add }) =>
      before.first(keep).with(add),
    ),
    refused: arrayDecoder<Lists['refused'][number]>(),
    runs: arrayDecoder<Lists['runs'][number]>(),
    messages: arrayDecoder<Lists['messages'][number]>(),
    updates: arrayDecoder<Lists['updates'][number]>(),
    uncontrolled: arrayDecoder<Lists['uncontrolled'][number]>(),
    pins: arrayDecoder<Lists['pins'][number]>(),
  };
  const shareTexts = textSharer();
  return (delta) => {
    if (!delta) {
      for (const list of Object.values(of)) list.forget();
      return null;
    }
    const { rest, lists } = delta;
    shareTexts(lists.entries.add);
    of.entries.take(lists.entries);
    of.refused.take(lists.refused);
    of.runs.take(lists.runs);
    of.messages.take(lists.messages);
    of.updates.take(lists.updates);
    of.uncontrolled.take(lists.uncontrolled);
    of.pins.take(lists.pins);
    return (
      rest && {
        ...rest,
        entries: of.entries.whole(),
        refused: of.refused.whole(),
        runs: of.runs.whole(),
        messages: of.messages.whole(),
        updates: of.updates.whole(),
        uncontrolled: of.uncontrolled.whole(),
        pins: of.pins.whole(),
      }
    );
  };
}

/** What most entries say alike arrives as a copy for each: the one before is kept instead. */
function textSharer(): (entries: readonly Entry[]) => void {
  let environment = '';
  let incident: string | undefined;
  return (entries) => {
    for (const entry of entries) {
      if (entry.environment === environment) entry.environment = environment;
      else environment = entry.environment;
      if (entry.incident === incident) entry.incident = incident;
      else incident = entry.incident;
    }
  };
}

const arrayDecoder = <T>() => listDecoder<T, readonly T[]>([], withDelta);

/** One list: what arrived is collected until it is whole. */
function listDecoder<T, L extends ReadonlyList<T>>(none: L, grow: (before: L, delta: ListDelta<T>) => L) {
  let known = none;
  let arrived: { keep: number; add: T[] } | undefined;
  return {
    take({ keep, add }: ListDelta<T>): void {
      // What was sent has changed since: from there on it comes again.
      if (!arrived || keep < arrived.keep) arrived = { keep, add: [...add] };
      else {
        arrived.add.length = keep - arrived.keep;
        arrived.add.push(...add);
      }
    },
    whole(): L {
      known = arrived ? grow(known, arrived) : known;
      arrived = undefined;
      return known;
    },
    forget(): void {
      [known, arrived] = [none, undefined];
    },
  };
}
