// The events of the journal. An incident is the projection of its entries (incident.ts).
import type { ActionId, Check } from '../actions/action.ts';
import { GrowingList, type ReadonlyList } from '../growing.ts';
import type { HealthStatus } from '../health/status.ts';
import type { ShellTool } from '../shell/session.ts';
import type { Instant, Ms } from '../time.ts';
import type { MetricId } from '../world/thresholds.ts';
import type { AlertLevel, ChannelId } from './channel.ts';
import type { ProcedureId, Severity } from './checklist.ts';

/** Commander is the one required role; there may be several experts. */
export const roles = ['commander', 'deputy', 'scribe', 'expert'] as const;
export type Role = (typeof roles)[number];

/**
 * Where one run of an action stands. `confirmed` is flushed before anything happens, `started` before each effect.
 * `unknown`: it may or may not have happened.
 */
export const runPhases = [
  'confirmed',
  'started',
  'finished',
  'failed',
  'verified',
  'unverified',
  'unknown',
  'cancelled',
] as const;
export type RunPhase = (typeof runPhases)[number];

/**
 * What became of a message. `sending` is flushed before it is sent; `unknown`: it may have arrived; `not-sent`: the
 * channel is not configured, a person carries the text.
 */
export type Delivery = 'sending' | 'sent' | 'failed' | 'unknown' | 'not-sent';

/** A security incident: possible unauthorized access, and its own checklist. All others concern the service. */
export const incidentTypes = ['service', 'security'] as const;
export type IncidentType = (typeof incidentTypes)[number];

/** The purpose of a message. */
export type Purpose = 'trigger' | 'acknowledge' | 'notify' | 'update' | 'resolve';

/** Requests of the API. `failed`: answered 5xx, or given up by the client; refused with 429, or with another 4xx. */
export const requestKinds = ['seen', 'failed', 'limited', 'refused'] as const;
export type RequestCounts = Readonly<Record<(typeof requestKinds)[number], number>>;

export type Event =
  | {
      kind: 'opened';
      title: string;
      severity: Severity;
      why: string;
      evidence?: readonly string[];
      /** The checklist used instead of the severity's own: a security incident is not an outage. */
      procedure?: ProcedureId;
    }
  | { kind: 'severity'; severity: Severity; why: string }
  /** Its type decides its checklist; `title`: what it is called from now on. */
  | { kind: 'type'; type: IncidentType; title: string; why: string }
  | { kind: 'procedure'; procedure: ProcedureId; change: 'added' | 'retired'; why?: string }
  /** Of the incident, or of one alert. */
  | { kind: 'acknowledged'; alert?: string; subject?: string }
  /** `until`: not later than now: no longer. `level`: what it was; if it gets worse it is snoozed no more. */
  | { kind: 'snoozed'; alert: string; subject?: string; level: AlertLevel; until: Instant }
  | { kind: 'step'; step: string; mark: 'done' | 'skipped' | 'reopened'; why?: string; found?: Check }
  | { kind: 'decision'; step: string; answer: 'yes' | 'no'; why: string; recommended?: 'yes' | 'no' | 'unsure' }
  | {
      kind: 'action';
      run: string;
      action: ActionId;
      /** The object that is changed. */
      target: string;
      phase: RunPhase;
      /** The commands, as they were shown. */
      calls?: readonly string[];
      detail?: string;
    }
  | {
      kind: 'verdict';
      finding: string;
      subject: string;
      from: HealthStatus;
      to: HealthStatus;
      says: string;
      value?: number;
    }
  | {
      kind: 'alert';
      alert: string;
      subject: string;
      change: 'raised' | 'worse' | 'cleared';
      level: AlertLevel;
      says: string;
      /** When it was raised, where that was before the incident was opened. */
      since?: Instant;
    }
  | { kind: 'role'; role: Role; change: 'taken' | 'handed' | 'left'; person: string; from?: string }
  | { kind: 'note'; text: string }
  | { kind: 'pin'; entry: string; pinned: boolean }
  | {
      kind: 'notified';
      /** The same id for the entries about one message, before and after sending. */
      message: string;
      channel: ChannelId;
      /** The channel's name at the time of sending. */
      to?: string;
      purpose: Purpose;
      delivery: Delivery;
      text: string;
      /** The PagerDuty alert it belongs to (dedup_key). */
      key?: string;
      detail?: string;
    }
  /** A report of conditions, actions and needs was given. */
  | { kind: 'update'; text: string }
  | { kind: 'armed'; until: Instant; why: string }
  | { kind: 'disarmed'; why: string }
  /** Transfer of control: the session whose cockpit may run actions from now on (`wheel` in journals since the first). */
  /** `fence`: the number of the lease it was taken with; of two who were apart the higher counts. */
  | { kind: 'wheel'; session: string; person: string; why?: string; fence?: number }
  /** Whether the entries that a key signs have effect in this incident from now on. `key`: its id. */
  | { kind: 'key'; key: string; person: string; change: 'admitted' | 'removed'; why?: string }
  | { kind: 'reminder'; step?: string; about: string; due: Instant }
  /** A reminder was dismissed. */
  | { kind: 'reminded'; about: string }
  /** `open`: what was still open, as it was shown and accepted. `notNeeded`: open steps that the facts did not call for. */
  | { kind: 'mitigated'; why: string; open?: readonly string[] }
  | { kind: 'resolved'; why: string; open?: readonly string[]; notNeeded?: readonly string[] }
  /** Opened by mistake: it counts in no statistics. */
  | { kind: 'cancelled'; why: string }
  | { kind: 'reopened'; why: string }
  /**
   * What the metrics were, once a minute while an incident is open. `margins`: of those that are estimates, in their unit.
   * `measuredAt`: before it was opened. `requests`: counts of the API's requests in the window before, of sampled logs with
   * how far off each may be; absent where they are not counted.
   */
  | {
      kind: 'sample';
      values: { readonly [M in MetricId]?: number };
      margins?: { readonly [M in MetricId]?: number };
      measuredAt?: Instant;
      requests?: RequestCounts & { window: Ms; margins?: RequestCounts | undefined };
    }
  /** How many jobs failed since the incident began, and of how many studies and tenants; or why that is unknown. */
  | {
      kind: 'measured';
      since: Instant;
      jobs?: { failed: number; studies: number; tenants: number };
      why?: string;
    }
  /** A program that got the terminal, or a port-forward: flushed before it starts and after it ends. `session`: its id. */
  | {
      kind: 'shell';
      session: string;
      tool: ShellTool;
      target: string;
      phase: 'started' | 'ended';
      /** The cockpit's process: where it does not run any more, nobody records the end. */
      pid?: number;
      /** As it was run, without secrets. */
      command: string;
      /** How it ended: its exit code, or why there is none. */
      exit?: number;
      detail?: string;
    }
  /** The journal itself: written late, clock jumped, closed in order. */
  | { kind: 'journal'; what: 'written-late' | 'clock-back' | 'unrecorded-allowed' | 'closed'; says: string };

export type EventKind = Event['kind'];
export type EventOf<K extends EventKind> = Extract<Event, { kind: K }>;

/** The writer of an entry: one run of the cockpit by one person on one host. */
export type Writer = {
  /** Unique for each run of the cockpit. */
  session: string;
  /** The operating system's user. */
  user: string;
  /** The person's name. */
  name: string;
  host: string;
  /** The id of the key that signs its entries; absent: they are not signed. */
  key?: string;
};

/** One line of the journal. */
export type Entry = {
  /** A ULID: sorts by time, then by writer. */
  id: string;
  at: Instant;
  writer: Writer;
  environment: string;
  /** The drill's scenario; absent outside a drill. */
  drill?: string;
  /** Absent for entries without an incident. */
  incident?: string;
  /** The cockpit recorded it by itself: no person did it. */
  automatic?: boolean;
  event: Event;
  /** Signed with a key of this OS account. Known where it is read, and never part of a line. */
  own?: true;
};

/** What the cockpit records by itself, whoever is in control. */
export function isAutomatic(event: Event): boolean {
  if (event.kind === 'journal') return event.what !== 'unrecorded-allowed';
  return event.kind === 'alert' || event.kind === 'verdict' || event.kind === 'sample';
}

/** Who did what an entry records. */
export const authorOf = ({ automatic, writer }: Entry): string => (automatic ? cockpit : writer.name);
/** The author of what the cockpit does by itself. */
export const cockpit = 'cockpit';

/** The part of a key id that people compare: `7K3Q-9M2D-XH4T-0ABC`, 80 bits of the key's SHA-256. */
export const fingerprint = (key: string): string => key.slice(0, 16).replace(/(.{4})(?=.)/g, '$1-');

/** What tells entries apart: nobody can put an entry in the place of another's by taking its id. */
export const identityOf = ({ id, writer }: Pick<Entry, 'id' | 'writer'>): string => `${id} ${writer.key ?? ''}`;

/** Whether an entry comes before another: by id, and of one id by key. Negative: it does; 0: they are the same. */
function compare(a: Entry, b: Entry): number {
  const [left, right] = a.id !== b.id && a.id.length === b.id.length ? [a.id, b.id] : [identityOf(a), identityOf(b)];
  return left < right ? -1 : left > right ? 1 : 0;
}

/** The first entry with an id, of entries in order; undefined: none has it. Takes as long for ten as for a million. */
export function entryWithId(entries: ReadonlyList<Entry>, id: string): Entry | undefined {
  let [from, to] = [0, entries.length];
  while (from < to) {
    const middle = (from + to) >>> 1;
    if ((entries.at(middle)?.id ?? '') < id) from = middle + 1;
    else to = middle;
  }
  const found = entries.at(from);
  return found?.id === id ? found : undefined;
}

/** Each comes after the one before it. */
export const areInOrder = (entries: readonly Entry[]): boolean =>
  entries.every((entry, at) => {
    const before = entries[at - 1];
    return before === undefined || compare(before, entry) < 0;
  });

/** The same order for every reader: by id, without duplicates; of those the last one stays. */
export function inOrder(entries: readonly Entry[]): readonly Entry[] {
  if (areInOrder(entries)) return entries;
  const sorted = entries.toSorted(compare);
  return sorted.filter((entry, at) => {
    const next = sorted[at + 1];
    return next === undefined || compare(entry, next) !== 0;
  });
}

/** Entries in order, and news: mostly those come after all others. */
export function withNews(entries: ReadonlyList<Entry>, news: readonly Entry[]): ReadonlyList<Entry> {
  const ordered = inOrder(news);
  const [first] = ordered;
  const last = entries.at(-1);
  if (!first) return entries;
  const list = GrowingList.of(entries);
  if (!last || compare(last, first) < 0) return list.with(ordered);
  // Mostly they come before few others: only those are put in order again.
  const from = list.findLastIndex((entry) => compare(entry, first) < 0) + 1;
  return list.first(from).with(inOrder([...list.slice(from), ...ordered]));
}
