// Whose entries have effect in an incident (docs/adr/0007-signed-journal.md). Everything but `own` is decided by the
// entries alone, so that every reader decides the same.
import type { ReadonlyList } from '../growing.ts';
import type { Instant } from '../time.ts';
import type { Entry, EventOf, Writer } from './event.ts';

/**
 * Why an entry has no effect. `not-signed`, `new-key`, `removed-key`: its author may write nothing here.
 * `not-in-control`: this needs control, which another cockpit had. `overtaken`: control had been taken with a higher
 * fencing number.
 */
export type Refusal = 'not-signed' | 'new-key' | 'removed-key' | 'not-in-control' | 'overtaken';

/**
 * Where a key stands in an incident. `opener`: it opened the incident. `own`: a key of this account, in an incident that
 * the account opened. `new`: nobody admitted it yet.
 */
export type KeyState = {
  /** The key's id. */
  key: string;
  person: string;
  user: string;
  host: string;
  state: 'opener' | 'own' | 'admitted' | 'new' | 'removed';
};

/** Which cockpit is in control. `fence`: the highest number that control was taken with. */
export type Control = { session: string; person: string; at: Instant; key?: string; fence?: number };

/** What decides about an entry. */
export type Authority = { opener: Entry; keys: readonly KeyState[]; control: Control; isOver: boolean };

/** Whether a run of the cockpit is in control; its session alone could be claimed by another key. */
export const hasControl = (control: Control, { session, key }: Pick<Writer, 'session' | 'key'>): boolean =>
  control.session === session && control.key === key;

/** Characters of an incident's id that are its opener's: 80 bits. */
const bound = 16;

/** The id of an incident that this key opens: `time` (of a ULID, 10 characters) and the beginning of the key's id. */
export const incidentIdOf = (time: string, key: string): string => time.slice(0, 10) + key.slice(0, bound);

/** Whether only this key can have opened the incident. */
const isBound = (incident: string, key: string | undefined): boolean =>
  key !== undefined && incident.length === 10 + bound && incident.slice(10) === key.slice(0, bound);

/** The entry that opens an incident, of entries in order: the one that its id names, or one of this account, or unsigned. */
export function openingOf(id: string, entries: ReadonlyList<Entry>): Entry | undefined {
  const openings = entries.filter(({ event }) => event.kind === 'opened');
  return (
    openings.find(({ writer }) => isBound(id, writer.key)) ??
    openings.find(({ own }) => own) ??
    openings.find(({ writer }) => writer.key === undefined)
  );
}

/** Whether what a writer records in an incident has effect. */
export function isAdmitted(
  { id, keys, entries }: { id: string; keys: readonly KeyState[]; entries: ReadonlyList<Entry> },
  { key }: Pick<Writer, 'key'>,
): boolean {
  const state = keys.find((one) => one.key === key)?.state;
  if (state !== undefined) return state !== 'new' && state !== 'removed';
  const opening = openingOf(id, entries);
  return opening?.own === true || opening?.writer.key === undefined;
}

/** Needs control while the incident is open. */
const needControl: ReadonlySet<string> = new Set([
  'severity',
  'type',
  'procedure',
  'mitigated',
  'resolved',
  'cancelled',
  'key',
]);

/** Why an entry has no effect; undefined: it has. */
export function refusalOf(entry: Entry, { opener, keys, control, isOver }: Authority): Refusal | undefined {
  const { writer, event, own } = entry;
  const state = keys.find(({ key }) => key === writer.key)?.state;
  if (writer.key === undefined) {
    if (opener.writer.key !== undefined) return 'not-signed';
  } else if (state === 'removed') return 'removed-key';
  else if (state !== 'opener' && state !== 'own' && state !== 'admitted') {
    const ownIncident = opener.own === true || opener.writer.key === undefined;
    if (!(own && ownIncident)) return 'new-key';
  }
  if (event.kind === 'wheel') return refusalOfControl(event, entry, control);
  const isFree = isOver || !needControl.has(event.kind) || hasControl(control, writer);
  return isFree ? undefined : 'not-in-control';
}

/** The number of whoever opened the incident. */
export const firstFence = 1;
/** A number that is farther ahead is not believed: one that is forged must leave room for the next. */
const longestJump = 1000;

/** One takes control for one's own cockpit; of two who were apart, the higher fencing number counts. */
function refusalOfControl(
  { session, fence }: EventOf<'wheel'>,
  { writer }: Entry,
  control: Control,
): Refusal | undefined {
  if (writer.key !== undefined && session !== writer.session) return 'not-in-control';
  if (fence === undefined) return undefined;
  // Numbers are equal only where two took control while apart: the first one counts for every reader.
  const known = control.fence ?? firstFence;
  if (fence > known + longestJump) return 'overtaken';
  return fence < known || (fence === known && session !== control.session) ? 'overtaken' : undefined;
}

/** Control after it was taken. */
export function controlAfter(
  before: Control,
  { session, person, fence = before.fence }: EventOf<'wheel'>,
  { at, writer: { key } }: Entry,
): Control {
  return { session, person, at, key, fence };
}

/** An action that begins without control is recorded, since it happened, and marked. */
export function isActionWithoutControl({ event, writer }: Entry, { control }: Authority): boolean {
  if (event.kind !== 'action' || (event.phase !== 'confirmed' && event.phase !== 'started')) return false;
  // Another cockpit of the person in control may act: the command line.
  return writer.key === undefined ? false : writer.key !== control.key;
}

/** The keys after an entry: its author's as a new one, if it was not there. */
export function withAuthor(keys: readonly KeyState[], { writer, own }: Entry, opener: Entry): readonly KeyState[] {
  const { key, name: person, user, host } = writer;
  const there = keys.find((one) => one.key === key);
  // Admitted before its first entry, which names the account and the host.
  if (there?.host === '') return keys.map((one) => (one === there ? { ...one, user, host } : one));
  if (key === undefined || there) return keys;
  const ownIncident = opener.own === true || opener.writer.key === undefined;
  return [...keys, { key, person, user, host, state: own && ownIncident ? 'own' : 'new' }];
}

/** The keys after an admission or a removal. */
export function withDecision(keys: readonly KeyState[], { key, person, change }: EventOf<'key'>): readonly KeyState[] {
  const there = keys.find((one) => one.key === key);
  if (there) return keys.map((one) => (one === there ? { ...one, state: change } : one));
  return [...keys, { key, person, user: '', host: '', state: change }];
}
