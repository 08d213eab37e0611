// What `incident list | show | export` do: the journal's files, without the screen and without a backend.
import type { Settings } from '../../config/settings.ts';
import { glyph } from '../../core/health/status.ts';
import { severityName } from '../../core/incident/checklist.ts';
import { clocks, timePerSeverity } from '../../core/incident/clocks.ts';
import { identityOf, inOrder, roles } from '../../core/incident/event.ts';
import { type Impact, impactOf, samplesOf } from '../../core/incident/impact.ts';
import { endedAt, type Incident } from '../../core/incident/incident.ts';
import { projectAll } from '../../core/incident/projection.ts';
import { formatAge, formatInstant } from '../../core/text/format.ts';
import { metricIds } from '../../core/world/thresholds.ts';
import { plain } from '../../data/journal/exported.ts';
import { type JournalReport, type Signatures, verifyJournal } from '../../data/journal/verify.ts';
import { followUpsOf, markdownReport, type ReportOptions, textReport } from '../../runbook/report.ts';
import { startSays } from '../../runbook/report-impact.ts';
import { timelineOf } from '../../runbook/timeline.ts';
import { type Printed, problemsOf, recordVersion } from './printed.ts';

export type { Printed } from './printed.ts';

/** The whole journal of a profile. `signatures`: how they are checked, each by default. */
export async function journalOf(settings: Settings, signatures?: Signatures): Promise<JournalReport | Printed> {
  const { directory } = settings.journal;
  if (!directory) return { text: 'no journal directory configured: set journal.directory', code: 2 };
  const outcome = await verifyJournal(directory, Date.now(), signatures);
  if (outcome.ok) return outcome.value;
  const { what, where, hint, kind } = outcome.fault;
  if (kind === 'unconfigured') return { directory, files: [], entries: [], lines: [] };
  return { text: `${where}: ${what}; ${hint}`, code: 2 };
}

export function listed(report: JournalReport, json: boolean, now: number): Printed {
  const incidents = projectAll(report.entries);
  if (json)
    return {
      text: JSON.stringify({ version: recordVersion, incidents: incidents.map((one) => brief(one, now)) }, null, 2),
      code: 0,
      data: true,
    };
  if (incidents.length === 0) return { text: `no incident in ${report.directory}`, code: 0 };
  const rows = incidents.toReversed().map((one) => {
    const state = stateOf(one);
    const lasted = formatAge((endedAt(one) ?? now) - one.openedAt);
    const drill = one.drill ? `  DRILL ${one.drill}` : '';
    return `${one.id}  ${formatInstant(one.openedAt)}  ${severityName(one.severity)}  ${state.padEnd(9)}  ${lasted.padEnd(10)}  ${one.title}${drill}`;
  });
  return { text: rows.join('\n'), code: 0 };
}

const stateOf = (incident: Incident): 'cancelled' | 'resolved' | 'open' =>
  incident.cancelledAt !== undefined ? 'cancelled' : incident.resolvedAt !== undefined ? 'resolved' : 'open';

function brief(incident: Incident, now: number) {
  const { id, title, severity, openedAt, openedBy, environment, drill, resolvedAt, cancelledAt, mitigatedAt } =
    incident;
  return {
    id,
    title,
    state: stateOf(incident),
    severity: severityName(severity),
    environment,
    drill: drill || undefined,
    openedAt: iso(openedAt),
    openedBy,
    roles: incident.roles,
    control: { person: incident.control.person, since: iso(incident.control.at) },
    mitigatedAt: mitigatedAt === undefined ? undefined : iso(mitigatedAt),
    resolvedAt: resolvedAt === undefined ? undefined : iso(resolvedAt),
    cancelledAt: cancelledAt === undefined ? undefined : iso(cancelledAt),
    clocks: clocks(incident, now),
  };
}

const iso = (at: number): string => new Date(at).toISOString();

/** The incident meant by an id, the beginning of one, or nothing: the newest. */
export function found(report: JournalReport, id: string | undefined): Incident | Printed {
  const incidents = projectAll(report.entries);
  const some = id === undefined ? incidents.slice(-1) : incidents.filter((one) => one.id.startsWith(id.toUpperCase()));
  const [one] = some;
  if (one && some.length === 1) return one;
  if (some.length > 1) return { text: `${id} matches ${some.length} incidents: give more characters`, code: 2 };
  return {
    text: id === undefined ? `no incident in ${report.directory}` : `no incident ${id}: run incident list`,
    code: 2,
  };
}

export function shown(incident: Incident, now: number): Printed {
  const { toAcknowledge, toFirstFind, toMitigate, toResolve } = clocks(incident, now);
  const times = [
    ['acknowledged', toAcknowledge],
    ['first finding', toFirstFind],
    ['mitigated', toMitigate],
    ['resolved', toResolve],
  ] as const;
  const lines = timelineOf(incident).map(({ entry, story, who }) => {
    const mark = story.verdict ? glyph[story.verdict] : ' ';
    return `${formatInstant(entry.at)}  ${mark} ${who.padEnd(10)} ${story.says}${story.detail ? `  (${story.detail})` : ''}`;
  });
  const head = `${severityName(incident.severity)} ${incident.title}  ${incident.environment}${incident.drill ? ` DRILL ${incident.drill}` : ''}  ${incident.id}`;
  const clock = times.flatMap(([word, time]) => (time === undefined ? [] : [`${word} after ${formatAge(time)}`]));
  return { text: [head, clock.join(', '), peopleSays(incident), '', ...lines].join('\n'), code: 0 };
}

/** The roles that are held, and who has control: `commander ana, scribe eve; in control ben since …`. */
function peopleSays(incident: Incident): string {
  const held = roles.flatMap((role) => {
    const names = incident.roles[role].join(' and ');
    if (names) return [`${role} ${names}`];
    return role === 'commander' ? ['commander nobody'] : [];
  });
  const { person, at } = incident.control;
  const had = endedAt(incident) === undefined ? 'in control' : 'last in control';
  return `${held.join(', ')}; ${had} ${person} since ${formatInstant(at)}`;
}

/** The forms of an exported report. */
export const formats = ['markdown', 'text', 'json'] as const;
export type Format = (typeof formats)[number];

export function exported(
  incident: Incident,
  report: JournalReport,
  format: Format,
  { now, thresholds }: Pick<ReportOptions, 'now' | 'thresholds'>,
): Printed {
  const problems = problemsOf(report);
  const code = problems.length > 0 ? 1 : 0;
  if (format === 'json') {
    const { entries, refused, ...rest } = incident;
    const all = inOrder([...entries, ...refused.map(({ entry }) => entry)]);
    const texts = new Map(report.lines.map(({ entry, text }) => [identityOf(entry), text]));
    const body = {
      version: recordVersion,
      ...brief(incident, now),
      exportedAt: iso(now),
      incident: rest,
      timePerSeverity: timePerSeverity(incident, now),
      impact: impactJson(impactOf(incident, now, thresholds)),
      metrics: metricIds.map((metric) => ({ metric, ...samplesOf(incident, metric, thresholds) })),
      followUps: followUpsOf(incident),
      entries: plain(all),
      withoutEffect: refused.map(({ entry: { id, writer }, why }) => ({ id, key: writer.key, why })),
      // As they were signed: with these alone the export can be checked.
      lines: all.flatMap((entry) => texts.get(identityOf(entry)) ?? []),
      problems,
    };
    return { text: JSON.stringify(body, null, 2), code, data: true };
  }
  const notes =
    problems.length > 0 ? problems : ['The journal files were checked: no changed or missing entries were found.'];
  const options = { now, thresholds, notes };
  const text = format === 'text' ? textReport(incident, options) : markdownReport(incident, options);
  return { text: text.trimEnd(), code, data: true };
}

const impactJson = ({ start, end, ...rest }: Impact) => ({
  start: { ...start, at: iso(start.at), says: startSays(start) },
  end: end === undefined ? undefined : iso(end),
  ...rest,
});

export { verified, verifiedExport } from './verified.ts';
