// Alerts from findings: raised when trouble lasts, cleared when calm lasts, quiet while something flaps. Pure.

import type { AlertLevel } from '../incident/channel.ts';
import { day, type Instant, type Ms, minute, second } from '../time.ts';
import type { Finding } from './evaluate.ts';
import { type Origin, silentSource } from './silent-source.ts';
import type { HealthStatus } from './status.ts';

/** How long something has to last before it is believed. */
export const holds: Readonly<Record<AlertLevel | 'calm' | 'flapping', Ms>> = {
  critical: 10 * second,
  warning: 30 * second,
  /** Something cannot be seen: told when it stays dark. */
  info: 5 * minute,
  calm: minute,
  /** What came back three times within ten minutes has to be calm for longer. */
  flapping: 5 * minute,
};

const flapWindow: Ms = 10 * minute;
const flapsFrom = 3;

export type Acknowledgement = { by: string; at: Instant };

/** Who has which alert, by its id, and who has all that were raised by then. */
export type Acknowledgements = { of: ReadonlyMap<string, Acknowledgement>; all?: Acknowledgement };

/** A person wants to hear no more of an alert until then, unless it gets worse than `level`. */
export type Snooze = { by: string; until: Instant; level: AlertLevel };

/** Snoozes by the alert's id: the last one counts. */
export type Snoozes = ReadonlyMap<string, Snooze>;

/** For longer nobody remembers that it is snoozed. */
export const longestSnooze: Ms = day;

export type Alert = {
  /** The finding's id: `metric/p95`. */
  id: string;
  subject: string;
  level: AlertLevel;
  says: string;
  remedy?: string;
  /** When this trouble began, not when it was believed. */
  raisedAt: Instant;
  /** When its level last rose: the response time counts from here. */
  since: Instant;
  acknowledged?: Acknowledgement;
  /** It reminds nobody until then; its finding counts as before. */
  snoozed?: Snooze;
  /** It came and went again and again. */
  flapping: boolean;
};

/** What is remembered of one finding. */
export type Watch = {
  /** The level it shows now and since when; undefined is calm. */
  now: AlertLevel | undefined;
  since: Instant;
  /** Where its finding came from, when it was seen last. */
  origin?: Origin;
  alert?: Alert;
  /** When it turned bad lately. */
  turns: readonly Instant[];
};

export type Alerts = { readonly [finding: string]: Watch };

export type AlertChange = { change: 'raised' | 'worse' | 'cleared'; alert: Alert };

const levelOf: Record<HealthStatus, AlertLevel | undefined> = {
  critical: 'critical',
  warning: 'warning',
  unknown: 'info',
  ok: undefined,
};
const rank: Record<AlertLevel, number> = { info: 1, warning: 2, critical: 3 };
const height = (level: AlertLevel | undefined): number => (level ? rank[level] : 0);

/** Takes the findings of this moment: the alerts after it, and what changed. */
export function takeFindings(
  before: Alerts,
  findings: readonly Finding[],
  now: Instant,
): { alerts: Alerts; changes: readonly AlertChange[] } {
  const changes: AlertChange[] = [];
  // Copied with the first difference: mostly there is none.
  let alerts: Record<string, Watch> | undefined;
  const found = new Set<string>();
  for (const finding of findings) {
    const { id } = finding;
    found.add(id);
    const watch = settle(seenIn(turned(before[id], levelOf[finding.verdict], now), finding), finding, now, changes);
    if (watch === (alerts ?? before)[id]) continue;
    alerts ??= { ...before };
    alerts[id] = watch;
  }
  // What is not found any more (a surface without jobs) counts as calm; what is hidden with its source is dark.
  for (const [id, watch] of Object.entries(before)) {
    if (found.has(id)) continue;
    const kept = watch.alert && hidden(watch, findings, now, changes);
    if (kept === watch) continue;
    alerts ??= { ...before };
    if (kept?.alert) alerts[id] = kept;
    else delete alerts[id];
  }
  return { alerts: alerts ?? before, changes };
}

/** With where its finding comes from. */
function seenIn(watch: Watch, { id, area, unanswered }: Finding): Watch {
  const { origin } = watch;
  const isSame = origin?.id === id && origin.area === area && origin.unanswered === unanswered;
  return isSame ? watch : { ...watch, origin: { id, area, unanswered } };
}

function hidden(watch: Watch, findings: readonly Finding[], now: Instant, changes: AlertChange[]): Watch {
  const level = watch.origin && silentSource(watch.origin, findings) ? 'info' : undefined;
  return settle(turned(watch, level, now), undefined, now, changes);
}

/** Notes that the level changed, and since when. A clock that jumped back starts the waiting again. */
function turned(before: Watch | undefined, level: AlertLevel | undefined, now: Instant): Watch {
  if (!before) return { now: level, since: now, turns: height(level) > 1 ? [now] : [] };
  const since = before.since > now ? now : before.since;
  if (before.now === level) return before.since === since ? before : { ...before, since };
  const turns = before.turns.filter((at) => at <= now && now - at < flapWindow);
  const bad = height(level) > 1 && height(before.now) <= 1;
  return { ...before, now: level, since: now, turns: bad ? [...turns, now] : turns };
}

function settle(watch: Watch, finding: Finding | undefined, now: Instant, changes: AlertChange[]): Watch {
  const lasted = now - watch.since;
  const { alert } = watch;
  if (!alert) {
    if (!watch.now || !finding || lasted < holds[watch.now]) return watch;
    const raised = raise(watch, watch.now, finding);
    changes.push({ change: 'raised', alert: raised });
    return { ...watch, alert: raised };
  }
  if (height(watch.now) > height(alert.level) && watch.now && finding && lasted >= holds[watch.now]) {
    const worse = { ...alert, level: watch.now, since: watch.since, says: finding.says };
    changes.push({ change: 'worse', alert: worse });
    return { ...watch, alert: worse };
  }
  // Dark is not calm: what cannot be seen keeps the alert that it had.
  if (watch.now === 'info' && alert.level !== 'info') return watch;
  const flapping = watch.turns.length >= flapsFrom;
  if (height(watch.now) >= height(alert.level)) {
    const says = finding?.says ?? alert.says;
    return says === alert.says && flapping === alert.flapping
      ? watch
      : { ...watch, alert: { ...alert, says, flapping } };
  }
  if (lasted < (flapping ? holds.flapping : holds.calm))
    return flapping === alert.flapping ? watch : { ...watch, alert: { ...alert, flapping } };
  if (watch.now && finding) return { ...watch, alert: { ...alert, level: watch.now, says: finding.says, flapping } };
  changes.push({ change: 'cleared', alert });
  const { alert: _, ...calm } = watch;
  return calm;
}

function raise(watch: Watch, level: AlertLevel, finding: Finding): Alert {
  return {
    id: finding.id,
    subject: finding.subject,
    level,
    says: finding.says,
    remedy: finding.remedy || undefined,
    raisedAt: watch.since,
    since: watch.since,
    flapping: watch.turns.length >= flapsFrom,
  };
}

/** Whether somebody still has to be told of it. */
export const isQuiet = ({ acknowledged, snoozed }: Pick<Alert, 'acknowledged' | 'snoozed'>): boolean =>
  acknowledged !== undefined || snoozed !== undefined;

/**
 * Those that are raised: neither acknowledged nor snoozed first, then worst first, then oldest. An alert that got worse
 * after somebody took it is nobody's again; one that got worse than it was when it was snoozed is snoozed no more.
 */
export function raisedAlerts(
  alerts: Alerts,
  { of, all }: Acknowledgements = { of: new Map() },
  snoozes: Snoozes = new Map(),
  now: Instant = 0,
): readonly Alert[] {
  return Object.values(alerts)
    .map(({ alert }) => alert)
    .filter((alert) => alert !== undefined)
    .map((alert): Alert => {
      const acknowledged = [of.get(alert.id), all].find((one) => one !== undefined && one.at >= alert.since);
      const snooze = snoozes.get(alert.id);
      const isSnoozed = snooze !== undefined && snooze.until > now && height(alert.level) <= height(snooze.level);
      const taken = acknowledged ? { ...alert, acknowledged } : alert;
      return isSnoozed ? { ...taken, snoozed: snooze } : taken;
    })
    .sort(
      (a, b) =>
        Number(isQuiet(a)) - Number(isQuiet(b)) ||
        rank[b.level] - rank[a.level] ||
        a.raisedAt - b.raisedAt ||
        (a.id < b.id ? -1 : 1),
    );
}
