// Which incidents of a journal are open.
import type { ReadonlyList } from '../growing.ts';
import type { IncidentReport } from '../health/report.ts';
import { day, type Instant } from '../time.ts';
import { severityName } from './checklist.ts';
import type { Entry } from './event.ts';
import { type Incident, isOngoing } from './incident.ts';
import { projectAll } from './projection.ts';

/** An incident without entries for this long, in ms, is not shown automatically. */
const picksUp = 7 * day;

/** Those that are open and had an entry in the last 7 days, in the order given. */
export const openAmong = (incidents: readonly Incident[], now: Instant): readonly Incident[] =>
  incidents.filter((one) => isOngoing(one) && (one.entries.at(-1)?.at ?? 0) > now - picksUp);

/** The open incidents of a journal for `status`, newest first: the one that a cockpit would show comes first. */
export const openReports = (entries: ReadonlyList<Entry>, now: Instant): readonly IncidentReport[] =>
  openAmong(projectAll(entries), now)
    .toReversed()
    .map(({ id, title, severity, environment, openedAt, mitigatedAt, roles, control }) => ({
      id,
      title,
      severity: severityName(severity),
      environment,
      openedAt: new Date(openedAt).toISOString(),
      mitigatedAt: mitigatedAt === undefined ? undefined : new Date(mitigatedAt).toISOString(),
      commander: roles.commander,
      control: control.person,
    }));
