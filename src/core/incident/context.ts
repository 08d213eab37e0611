// What the screen knows about incidents in addition to the incident itself, and its commands to the engine.
import type { Alert } from '../health/alert.ts';
import type { HealthStatus } from '../health/status.ts';
import type { Instant, Ms } from '../time.ts';
import type { Fault } from '../world/reading.ts';
import type { Contact, Targets } from '../world/targets.ts';
import { hasControl, isAdmitted, type KeyState } from './authority.ts';
import type { AlertLevel, ChannelId } from './channel.ts';
import type { ProcedureId, Severity } from './checklist.ts';
import type { IncidentType, Purpose, Role, Writer } from './event.ts';
import { type Incident, isOngoing, unfinished } from './incident.ts';
import type { RunState } from './runs.ts';

/** A cockpit that is open now. */
export type Presence = Writer & {
  /** Its last heartbeat. */
  at: Instant;
  driving: boolean;
  observing: boolean;
  incident?: string;
  /** The title of the screen that it shows. */
  screen?: string;
  /** It was there when the relay last answered; whether it still is, is unknown. */
  unheard?: true;
};

/** The relay that carries shared incidents. */
export type RelayStatus = {
  where: string;
  /** What it had when it was connected has been read. */
  isRead: boolean;
  /** Who is connected has been read since it was connected. */
  isHeard: boolean;
  /** By how much it is ahead of this host, where that is too much; what this host writes carries the relay's time. */
  clock?: Ms;
  /** Own entries that it does not have. */
  unsent: number;
  /** Own entries that it does not take. */
  tooLong: number;
  /** Lines of it that were no entry, or not signed by who they name. */
  refused: number;
  /** Why looks at PostgreSQL and Redis are not shared over it: each host asks for itself. */
  unshared?: { why: 'clock'; by: Ms } | { why: 'refused'; what: string; hint: string };
} & (
  | { state: 'connecting' | 'connected' }
  /** `since`: when it last took what it was asked. `short`: where it answers, what keeps it: `out of memory`. */
  | { state: 'away'; since: Instant; what: string; short?: string | undefined; hint: string }
);

/** `hung`: this cockpit hung for that time (ms), and may have been replaced. `taken`: another one has the lease. */
export type ControlLoss = { why: 'hung'; for: Ms } | { why: 'taken'; by?: string };

/** A raised alert with its channel and response deadline. */
export type DueAlert = Alert & { channel: string; responseTime: string; due: Instant };

export type ChannelState = { id: ChannelId; name: string; configured: boolean };

/** A generic webhook, by its host: its URL is a secret. `waiting`: messages that wait for it; `dropped`: those it lost. */
export type WebhookState = {
  host: string;
  level: AlertLevel;
  waiting: number;
  dropped: number;
  last?: { at: Instant; ok: boolean; says: string } | undefined;
};

/** What a drill's PagerDuty or Slack received. */
export type Arrived = { at: Instant; channel: string; says: string; key?: string };

/** The engine's answer to the last command, shown once. */
export type Said = { turn: number; says: string; verdict: HealthStatus };

/** `distrusted`: others can read or change the journal. Until it is fixed no action may run, not even without a record. */
export type JournalTrouble = Fault & { distrusted?: boolean };

/** An open incident, for the list of them. */
export type OpenIncident = {
  id: string;
  title: string;
  severity: Severity;
  openedAt: Instant;
  commander: readonly string[];
  /** Who is in control, by the journal. */
  control: string;
};

export const listedOpen = ({ id, title, severity, openedAt, roles, control }: Incident): OpenIncident => ({
  id,
  title,
  severity,
  openedAt,
  commander: roles.commander,
  control: control.person,
});

export type IncidentContext = {
  self: Writer;
  /** The account is shared: a name is needed before anything is recorded. */
  asksName?: boolean;
  /** `--observe`: no path to an action. */
  observing: boolean;
  /** All connected cockpits, including this one. */
  here: readonly Presence[];
  /** The sessions of cockpits that do not answer and did not say that they left: killed, hung, or cut off. */
  silent?: readonly string[] | undefined;
  /** Other incidents that are open. */
  open: readonly OpenIncident[];
  journal: {
    directory: string;
    trouble?: JournalTrouble;
    /** Entries that are not on disk yet. */
    unwritten: number;
    notes: readonly string[];
    /** Why actions continue without a journal. */
    allowed?: string;
  };
  /** Absent: incidents are not shared. */
  relay?: RelayStatus;
  /** Why this cockpit has lost control of the incident, whatever the journal says. */
  lost?: ControlLoss;
  alerts: readonly DueAlert[];
  channels: readonly ChannelState[];
  /** Absent: none is configured. */
  webhooks?: readonly WebhookState[] | undefined;
  targets: Targets;
  contacts: readonly Contact[];
  /** In a drill: the received messages, oldest first. */
  received?: readonly Arrived[];
  /** The last report that was written: of which incident, where and when. */
  report?: { incident: string; path: string; at: Instant };
  said?: Said;
};

/** What a person does about an incident. */
export type IncidentCommand =
  | { do: 'open'; severity: Severity; title?: string; why: string; procedure?: ProcedureId }
  | { do: 'severity'; severity: Severity; why: string }
  /** Makes it a security incident, or a service incident again. */
  | { do: 'type'; type: IncidentType; why: string }
  | { do: 'procedure'; procedure: ProcedureId; change: 'added' | 'retired' }
  /** Of the incident, or of one alert. */
  | { do: 'acknowledge'; alert?: string; subject?: string }
  /** Ends a snooze where `until` is not later than now. */
  | { do: 'snooze'; alert: string; subject?: string | undefined; level: AlertLevel; until: Instant }
  | { do: 'step'; step: string; mark: 'done' | 'skipped' | 'reopened'; why?: string }
  /** Marks several as done, each with what its check found. */
  | { do: 'accept'; steps: readonly string[] }
  | { do: 'decide'; step: string; answer: 'yes' | 'no'; why: string }
  | { do: 'note'; text: string }
  | { do: 'pin'; entry: string; pinned: boolean }
  | { do: 'role'; role: Role; change: 'taken' | 'handed' | 'left'; person: string }
  | { do: 'control'; why: string }
  /** Lets the entries that a key signs have effect, or not any more. */
  | { do: 'key'; key: string; change: 'admitted' | 'removed'; why: string }
  /** `key`: which of PagerDuty's alerts, where it is not the incident's own. */
  | { do: 'notify'; channel: ChannelId; purpose: Purpose; text: string; key?: string }
  /** A report was given by mouth, or copied. */
  | { do: 'update'; text: string }
  | { do: 'remind'; step?: string; about: string; in: Ms }
  | { do: 'reminded'; about: string }
  | { do: 'mitigate' | 'resolve' | 'cancel' | 'reopen'; why: string }
  /** Who works here, on a shared account. */
  | { do: 'name'; name: string }
  /** Writes the report into the present directory. */
  | { do: 'report' }
  /** Shows another open incident. */
  | { do: 'follow'; incident: string }
  /** Lets actions continue without a journal. */
  | { do: 'allow-unrecorded'; why: string };

/**
 * The keys of an incident, and those of the cockpits on it that have written nothing yet: whoever joins is admitted
 * before the first entry. Not proven by a signature, but compared by the person who admits it, as every new key is.
 */
export function keysOf(
  { here, self }: Pick<IncidentContext, 'here' | 'self'>,
  incident: Incident,
): readonly KeyState[] {
  const keys = new Map(incident.keys.map((one) => [one.key, one]));
  for (const { key, incident: of, session, name: person, user, host, observing } of here) {
    if (key === undefined || of !== incident.id || observing) continue;
    const known = keys.get(key);
    // Admitted before its first entry, which names the account and the host.
    if (known?.host === '') keys.set(key, { ...known, user, host });
    if (known) continue;
    if (session === self.session ? isAdmitted(incident, self) : incident.control.key === undefined) continue;
    keys.set(key, { key, person, user, host, state: 'new' });
  }
  return [...keys.values()];
}

/** Whether the cockpit with this incidentContext is in control of the incident. */
export function isInControl(incidentContext: IncidentContext, incident: Incident | undefined): boolean {
  if (incidentContext.observing || (incident !== undefined && incidentContext.lost !== undefined)) return false;
  return incident === undefined || hasControl(incident.control, incidentContext.self);
}

/** The cockpit in control, while it is open. */
export function controllerOf(incidentContext: IncidentContext, incident: Incident): Presence | undefined {
  return incidentContext.here.find((one) => hasControl(incident.control, one));
}

/**
 * Who is in control, as far as this cockpit can know. `unknown`: the relay does not answer, so that `last`, who had control
 * by the journal, may still have it. `free`: `last` has left, or is silent: does not answer, and did not say that it left.
 */
export type ControlNow =
  | { state: 'held'; by: Presence }
  | { state: 'unknown'; last: string }
  | { state: 'free'; last: string; isSilent: boolean };

export function controlNow(incidentContext: IncidentContext, incident: Incident): ControlNow {
  const by = controllerOf(incidentContext, incident);
  if (by) return { state: 'held', by };
  const { person: last, session } = incident.control;
  if (!hearsAll(incidentContext)) return { state: 'unknown', last };
  return { state: 'free', last, isSilent: incidentContext.silent?.includes(session) === true };
}

/** Whether every cockpit of the incident is known: without a relay those of this host are all. */
export const hearsAll = ({ relay }: Pick<IncidentContext, 'relay'>): boolean =>
  relay === undefined || (relay.state === 'connected' && relay.isHeard);

/** The runs that have no end, and whose cockpit is not here. `ended`: it is known to have ended. */
export function lostRuns(
  incidentContext: Pick<IncidentContext, 'here' | 'self' | 'relay'>,
  incident: Incident,
): readonly { run: RunState; ended: boolean }[] {
  const { here, self } = incidentContext;
  const sessions = new Set(here.map(({ session }) => session));
  // The cockpits of one's own journal are known without the relay.
  const isKnown = hearsAll(incidentContext);
  return unfinished(incident)
    .filter(({ session }) => !sessions.has(session))
    .map((run) => ({ run, ended: isKnown || run.key === self.key }));
}

/** Nobody is in control any more: the controlling cockpit is disconnected, and this one may take over. */
export function isResumable(incidentContext: IncidentContext, incident: Incident | undefined): boolean {
  return (
    incident !== undefined &&
    isOngoing(incident) &&
    !incidentContext.observing &&
    !isInControl(incidentContext, incident) &&
    controlNow(incidentContext, incident).state === 'free'
  );
}
