// The incident crosses the thread as a difference: ten thousand entries copied at every note would delay keys. The
// projection keeps the identity of what did not change, so a difference costs one pass.
import { type ListDelta, listDelta, withDelta } from '../core/growing.ts';
import type { Incident } from '../core/incident/incident.ts';

/** The lists that grow as long as the incident lasts. */
type Lists = Pick<Incident, 'entries' | 'refused' | 'runs' | 'messages' | 'updates' | 'uncontrolled' | 'pins'>;

/** An incident as a difference from the one sent before; null: none is shown. */
export type IncidentDelta = {
  rest: Omit<Incident, keyof Lists>;
  lists: { [K in keyof Lists]: ListDelta<Lists[K][number]> };
} | null;

const none: Lists = { entries: [], refused: [], runs: [], messages: [], updates: [], uncontrolled: [], pins: [] };

/** Remembers what was sent. */
export function incidentEncoder(): (incident: Incident | null) => IncidentDelta {
  let sent = none;
  return (incident) => {
    const before = sent;
    sent = incident ?? none;
    if (!incident) return null;
    const { entries, refused, runs, messages, updates, uncontrolled, pins, ...rest } = incident;
    return {
      rest,
      lists: {
        entries: listDelta(before.entries, entries),
        refused: listDelta(before.refused, refused),
        runs: listDelta(before.runs, runs),
        messages: listDelta(before.messages, messages),
        updates: listDelta(before.updates, updates),
        uncontrolled: listDelta(before.uncontrolled, uncontrolled),
        pins: listDelta(before.pins, pins),
      },
    };
  };
}

/** Reassembles the incidents. */
export function incidentDecoder(): (delta: IncidentDelta) => Incident | null {
  let known = none;
  return (delta) => {
    if (!delta) {
      known = none;
      return null;
    }
    const { rest, lists } = delta;
    const incident: Incident = {
      ...rest,
      entries: withDelta(known.entries, lists.entries),
      refused: withDelta(known.refused, lists.refused),
      runs: withDelta(known.runs, lists.runs),
      messages: withDelta(known.messages, lists.messages),
      updates: withDelta(known.updates, lists.updates),
      uncontrolled: withDelta(known.uncontrolled, lists.uncontrolled),
      pins: withDelta(known.pins, lists.pins),
    };
    known = incident;
    return incident;
  };
}
