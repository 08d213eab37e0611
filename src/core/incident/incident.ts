// Projects journal entries to an incident, whatever the order in which the files were read.
import type { Check } from '../actions/action.ts';
import { GrowingList, type ReadonlyList } from '../growing.ts';
import type { Instant } from '../time.ts';
import {
  type Authority,
  type Control,
  controlAfter,
  isActionWithoutControl,
  type KeyState,
  openingOf,
  type Refusal,
  refusalOf,
  withAuthor,
  withDecision,
} from './authority.ts';
import type { ProcedureId, Severity } from './checklist.ts';
import type { Entry, EventOf, Role, RunPhase } from './event.ts';
import { authorOf, inOrder } from './event.ts';
import { rolesAfter } from './held-roles.ts';
import { type RunState, runsAfter } from './runs.ts';

export type { RunState } from './runs.ts';

/** The state of a step; an untouched step has none. */
export type StepState = {
  mark: 'done' | 'skipped' | 'reopened';
  by: string;
  at: Instant;
  why?: string;
  /** The result of its live check at that time. */
  found?: Check;
  /** Of a decision. */
  answer?: 'yes' | 'no';
};

export type Message = Omit<EventOf<'notified'>, 'kind'> & { at: Instant; by: string };

export type Incident = {
  id: string;
  title: string;
  severity: Severity;
  openedAt: Instant;
  openedBy: string;
  environment: string;
  drill?: string;
  /** Each change, oldest first; the first is the opening. */
  severities: readonly { severity: Severity; at: Instant; by: string; why: string }[];
  /** The checklist used instead of the severity's own. */
  procedure?: ProcedureId;
  /** Additional checklists. */
  procedures: readonly ProcedureId[];
  steps: Readonly<Record<string, StepState>>;
  runs: readonly RunState[];
  messages: readonly Message[];
  roles: { readonly [R in Role]: readonly string[] };
  /** Everybody who wrote an entry that has effect, in order. */
  people: readonly string[];
  control: Control;
  /** The keys that signed entries, in order of their first. */
  keys: readonly KeyState[];
  /** Entries without effect, in order: their author may not write them. */
  refused: readonly { entry: Entry; why: Refusal }[];
  /** Ids of entries about actions that began without control: they happened, and are counted among the runs. */
  uncontrolled: readonly string[];
  pins: readonly string[];
  notes: number;
  /** The times of the updates that were given. */
  updates: readonly Instant[];
  reminders: readonly { about: string; due: Instant; step?: string }[];
  acknowledged?: { by: string; at: Instant };
  /** The first step that was done while its live check found something wrong. */
  firstFind?: { step: string; at: Instant };
  mitigatedAt?: Instant;
  /** What ended the impact, as its mitigation was recorded. */
  fix?: string;
  resolvedAt?: Instant;
  /** When it was cancelled, because it was opened by mistake. */
  cancelledAt?: Instant;
  /** Open steps that the facts did not call for when it was resolved. */
  notNeeded: readonly string[];
  /** When it was over for a while, before it was opened again. */
  rests: readonly { from: Instant; until: Instant }[];
  /** Those that have effect, in order. */
  entries: ReadonlyList<Entry>;
};

/** When it ended: resolved, or cancelled. Undefined while it is open. */
export const endedAt = ({ resolvedAt, cancelledAt }: Incident): Instant | undefined => resolvedAt ?? cancelledAt;
/** Neither resolved nor cancelled. */
export const isOngoing = (incident: Incident): boolean => endedAt(incident) === undefined;

/** An incident, and the entry that opened it: what is needed to take more entries. */
export type Projected = { incident: Incident; opening: Entry };

/** The incident of these entries; undefined without an opening. Entries of other incidents are ignored. */
export function projectIncident(id: string, all: ReadonlyList<Entry>): Incident | undefined {
  const entries = inOrder(all.filter((entry) => entry.incident === id));
  const opening = openingOf(id, entries);
  const start = opening && beginning(id, opening);
  return start && withEntries(start, entries);
}

/** An incident of which no entry was taken yet, not even its opening; undefined: that entry opens nothing. */
export function beginning(id: string, opening: Entry): Projected | undefined {
  const { event, writer, at } = opening;
  if (event.kind !== 'opened') return undefined;
  const person = writer.name;
  const incident: Incident = {
    id,
    title: event.title,
    severity: event.severity,
    openedAt: at,
    openedBy: person,
    environment: opening.environment,
    drill: opening.drill || undefined,
    procedure: event.procedure,
    severities: [{ severity: event.severity, at, by: person, why: event.why }],
    procedures: [],
    steps: {},
    runs: [],
    messages: [],
    roles: { commander: [person], deputy: [], scribe: [], expert: [] },
    people: [person],
    control: { session: writer.session, person, at, key: writer.key },
    keys: withOpener(opening),
    refused: [],
    uncontrolled: [],
    pins: [],
    notes: 0,
    updates: [],
    reminders: [],
    notNeeded: [],
    rests: [],
    entries: GrowingList.of<Entry>([]),
  };
  return { incident, opening };
}

/**
 * The incident with more entries of it, which come after all that it has and open nothing: the same as projecting all
 * of them at once.
 */
export function withEntries({ incident, opening }: Projected, news: readonly Entry[]): Incident {
  const effective: Entry[] = [];
  const refused: Incident['refused'][number][] = [];
  let after = incident;
  for (const entry of news) {
    const taken = entry === opening ? { incident: after } : take(after, entry, opening);
    after = taken.incident;
    if (taken.why) refused.push({ entry, why: taken.why });
    else effective.push(entry);
  }
  return {
    ...after,
    refused: refused.length > 0 ? [...incident.refused, ...refused] : incident.refused,
    entries: GrowingList.of(incident.entries).with(effective),
  };
}

const withOpener = (opening: Entry): readonly KeyState[] =>
  withAuthor([], opening, opening).map((one) => ({ ...one, state: 'opener' }));

/** An entry as far as its author may write it; `why` says that it has no effect. */
function take(before: Incident, entry: Entry, opener: Entry): { incident: Incident; why?: Refusal } {
  const { event } = entry;
  const keys = withAuthor(before.keys, entry, opener);
  const incident = keys === before.keys ? before : { ...before, keys };
  const authority: Authority = { opener, keys, control: incident.control, isOver: !isOngoing(incident) };
  const why = refusalOf(entry, authority);
  if (why) return { incident, why };
  const marked = isActionWithoutControl(entry, authority);
  const after = apply(marked ? { ...incident, uncontrolled: [...incident.uncontrolled, entry.id] } : incident, entry);
  return { incident: event.kind === 'key' ? { ...after, keys: withDecision(after.keys, event) } : after };
}

function apply(before: Incident, entry: Entry): Incident {
  const { event, at } = entry;
  const by = authorOf(entry);
  const known = entry.automatic || before.people.includes(by);
  const incident = known ? before : { ...before, people: [...before.people, by] };
  switch (event.kind) {
    case 'severity':
      return {
        ...incident,
        severity: event.severity,
        severities: [...incident.severities, { severity: event.severity, at, by, why: event.why }],
      };
    case 'type': {
      const { procedure: _, ...service } = incident;
      const procedures = incident.procedures.filter((id) => id !== 'security');
      const of = { title: event.title, procedures };
      return event.type === 'security' ? { ...incident, ...of, procedure: 'security' } : { ...service, ...of };
    }
    case 'procedure': {
      const others = incident.procedures.filter((id) => id !== event.procedure);
      return { ...incident, procedures: event.change === 'added' ? [...others, event.procedure] : others };
    }
    case 'acknowledged':
      return acknowledge(incident, by, at);
    case 'step':
      return step(incident, event, by, at);
    case 'decision':
      return withStep(incident, event.step, { mark: 'done', by, at, why: event.why, answer: event.answer });
    case 'action':
      return { ...incident, runs: runsAfter(incident.runs, event, entry) };
    case 'role':
      return { ...incident, roles: rolesAfter(incident.roles, event) };
    case 'note':
      return { ...incident, notes: incident.notes + 1 };
    case 'pin': {
      const others = incident.pins.filter((id) => id !== event.entry);
      return { ...incident, pins: event.pinned ? [...others, event.entry] : others };
    }
    case 'notified':
      return notified(incident, event, by, at);
    case 'update':
      return { ...incident, updates: [...incident.updates, at] };
    case 'wheel':
      return { ...incident, control: controlAfter(incident.control, event, entry) };
    case 'reminded':
      return { ...incident, reminders: incident.reminders.filter((one) => one.about !== event.about) };
    case 'reminder': {
      const others = incident.reminders.filter((one) => !event.step || one.step !== event.step);
      const reminder = { about: event.about, due: event.due, step: event.step || undefined };
      return { ...incident, reminders: [...others, reminder] };
    }
    case 'mitigated':
      return { ...incident, mitigatedAt: incident.mitigatedAt ?? at, fix: event.why };
    case 'resolved':
      return {
        ...incident,
        resolvedAt: at,
        mitigatedAt: incident.mitigatedAt ?? at,
        notNeeded: event.notNeeded ?? [],
      };
    case 'cancelled':
      return { ...incident, cancelledAt: at };
    case 'reopened': {
      const { resolvedAt: _, cancelledAt: __, mitigatedAt: ___, fix: ____, ...open } = incident;
      const ended = endedAt(incident);
      return ended === undefined ? open : { ...open, rests: [...open.rests, { from: ended, until: at }] };
    }
    // Other events, and those of newer versions, change nothing.
    default:
      return incident;
  }
}

function acknowledge(incident: Incident, by: string, at: Instant): Incident {
  return incident.acknowledged ? incident : { ...incident, acknowledged: { by, at } };
}

function withStep(incident: Incident, id: string, state: StepState): Incident {
  const reminders = incident.reminders.filter((one) => one.step !== id || state.mark === 'reopened');
  return { ...incident, reminders, steps: { ...incident.steps, [id]: state } };
}

function step(before: Incident, event: EventOf<'step'>, by: string, at: Instant): Incident {
  const state: StepState = {
    mark: event.mark,
    by,
    at,
    why: event.why || undefined,
    found: event.found,
  };
  const incident = withStep(before, event.step, state);
  if (event.mark !== 'done') return incident;
  if (event.step.endsWith('/acknowledge')) return acknowledge(incident, by, at);
  if (incident.firstFind || event.found?.state !== 'fail') return incident;
  return { ...incident, firstFind: { step: event.step, at } };
}

function notified(before: Incident, event: EventOf<'notified'>, by: string, at: Instant): Incident {
  const { kind: _, ...rest } = event;
  const sent = event.delivery === 'sent';
  const known = before.messages.findLastIndex((one) => one.message === event.message);
  const others = known < 0 ? before.messages : before.messages.toSpliced(known, 1);
  const incident: Incident = {
    ...before,
    messages: [...others, { ...rest, by, at }],
    updates: sent && event.purpose !== 'acknowledge' ? [...before.updates, at] : before.updates,
  };
  return sent && event.purpose === 'acknowledge' ? acknowledge(incident, by, at) : incident;
}

/** Whether a run was executed, verified or not. */
export function ended(phase: RunPhase): boolean {
  return phase === 'finished' || phase === 'verified' || phase === 'unverified';
}

/** Runs that started and have no recorded end. */
export function unfinished(incident: Incident): readonly RunState[] {
  return incident.runs.filter((one) => one.phase === 'started' || one.phase === 'confirmed');
}
