// The incident's clocks: its durations, and when the next update is due.

import { type Instant, type Ms, minute } from '../time.ts';
import type { Severity } from './checklist.ts';
import { endedAt, type Incident } from './incident.ts';

/** At SEV1 and SEV2 an update is due every 30 minutes. */
export const updateEvery: Ms = 30 * minute;

export type Clocks = {
  /** From the opening until now, or until it ended. */
  open: Ms;
  /** From the opening; absent while it has not happened. */
  toAcknowledge?: Ms;
  /** Until a step was done whose live check found something wrong: the first look at the right place. */
  toFirstFind?: Ms;
  toMitigate?: Ms;
  toResolve?: Ms;
  /** When the next update is due; in the past when it is late. Only at SEV1 and SEV2, until it is resolved. */
  updateDue?: Instant;
};

/** A cancelled incident was none: only how long it was open is known of it. */
export function clocks(incident: Incident, now: Instant): Clocks {
  const { openedAt, acknowledged, firstFind, mitigatedAt, resolvedAt, severity, updates } = incident;
  // A clock may have jumped backwards in between.
  const since = (at: Instant): Ms => Math.max(0, at - openedAt);
  if (incident.cancelledAt !== undefined) return { open: since(incident.cancelledAt) };
  return {
    open: since(endedAt(incident) ?? now),
    toAcknowledge: acknowledged ? since(acknowledged.at) : undefined,
    toFirstFind: firstFind ? since(firstFind.at) : undefined,
    toMitigate: mitigatedAt === undefined ? undefined : since(mitigatedAt),
    toResolve: resolvedAt === undefined ? undefined : since(resolvedAt),
    updateDue:
      severity <= 2 && resolvedAt === undefined ? Math.max(owedSince(incident), ...updates) + updateEvery : undefined,
  };
}

/** Since when updates are due: since it became SEV2 or worse, or since it was opened again. */
function owedSince({ openedAt, severities, rests }: Incident): Instant {
  const calm = severities.findLastIndex(({ severity }) => severity > 2);
  return Math.max(severities[calm + 1]?.at ?? openedAt, rests.at(-1)?.until ?? openedAt);
}

/** How long it was at each severity, worst first; while it was resolved it had none, and cancelled it never had one. */
export function timePerSeverity(incident: Incident, now: Instant): readonly { severity: Severity; time: Ms }[] {
  if (incident.cancelledAt !== undefined) return [];
  const end = incident.resolvedAt ?? now;
  const times = new Map<Severity, Ms>();
  incident.severities.forEach(({ severity, at }, index) => {
    const until = incident.severities[index + 1]?.at ?? end;
    const rested = incident.rests.map((rest) => Math.min(until, rest.until) - Math.max(at, rest.from));
    const time = rested.reduce((left, rest) => left - Math.max(0, rest), until - at);
    times.set(severity, (times.get(severity) ?? 0) + Math.max(0, time));
  });
  return [...times].map(([severity, time]) => ({ severity, time })).sort((a, b) => a.severity - b.severity);
}
