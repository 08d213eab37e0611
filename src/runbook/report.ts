// The post-incident report in Markdown. A person writes the section Why.

import { metrics } from '../core/health/metrics.ts';
import { calledBy } from '../core/incident/channel.ts';
import { severityName } from '../core/incident/checklist.ts';
import { clocks, timePerSeverity } from '../core/incident/clocks.ts';
import { type Role, roles } from '../core/incident/event.ts';
import { type Incident, unfinished } from '../core/incident/incident.ts';
import { formatAge, formatClock, formatInstant, formatMeasure } from '../core/text/format.ts';
import { markdownText } from '../core/text/markup.ts';
import type { Instant, Ms } from '../core/time.ts';
import { findStep } from './checklists.ts';
import { activeChecklists, deliverySays, isFinished, phaseSays, untoldOf } from './messages.ts';
import { severityLevel } from './severities.ts';
import { timelineOf, wordsOf } from './timeline-text.ts';

const table = (head: readonly string[], rows: readonly (readonly string[])[]): string =>
  [head, head.map(() => '---'), ...rows].map((row) => `| ${row.join(' | ')} |`).join('\n');

/** Commands in a fence that none of them can close. */
function fence(commands: readonly string[]): string {
  const ticks = commands.join('\n').match(/`{3,}/g) ?? [];
  const bar = '`'.repeat(Math.max(3, ...ticks.map((t) => t.length + 1)));
  return `${bar}bash\n${commands.join('\n')}\n${bar}`;
}

const took = ({ resolvedAt }: Incident, time: Ms | undefined): string =>
  time !== undefined ? formatAge(time) : resolvedAt === undefined ? 'not yet' : 'not recorded';

/** Times without a date, unless the incident crosses midnight (UTC). */
function clockOf({ entries, openedAt }: Incident): (at: Instant) => string {
  const last = Math.max(openedAt, ...entries.map(({ at }) => at));
  const dayOf = (at: Instant) => formatInstant(at).slice(0, 10);
  return dayOf(openedAt) === dayOf(last) ? formatClock : formatInstant;
}

/** `notes`: the result of the journal check. */
export function markdownReport(incident: Incident, now: Instant, notes: readonly string[] = []): string {
  const time = clocks(incident, now);
  const worst = timePerSeverity(incident, now)[0]?.severity ?? incident.severity;
  const sections = [
    `# ${severityName(worst)}: ${markdownText(incident.title)}`,
    incident.drill ? `**DRILL (${markdownText(incident.drill)}): none of this was real.**` : '',
    summary(incident, now),
    '## Why\n\n_Write here what happened, and why._',
    `## Impact\n\n${before(incident)}${table(
      ['Severity', 'Meaning', 'Time'],
      timePerSeverity(incident, now).map(({ severity, time: at }) => [
        severityName(severity),
        severityLevel(severity).description,
        formatAge(at),
      ]),
    )}`,
    `## Times\n\n${table(
      ['From opening to', 'Time'],
      [
        ['acknowledged', took(incident, time.toAcknowledge)],
        ['first relevant finding', took(incident, time.toFirstFind)],
        ['mitigated', took(incident, time.toMitigate)],
        ['resolved', took(incident, time.toResolve)],
      ],
    )}`,
    `## Responders\n\n${people(incident)}`,
    `## Actions\n\n${actions(incident)}`,
    `## Metrics\n\n${samples(incident)}`,
    `## Messages\n\n${messages(incident)}`,
    `## Timeline (UTC)\n\n${timeline(incident)}`,
    `## Open follow-ups\n\n${followUps(incident)}`,
    `## The record\n\n${[`Incident ${incident.id}, ${incident.entries.length} entries.`, ...notes].map((n) => `- ${markdownText(n)}`).join('\n')}`,
  ];
  return `${sections.filter(Boolean).join('\n\n')}\n`;
}

function summary(incident: Incident, now: Instant): string {
  const { openedAt, openedBy, resolvedAt, environment, severities } = incident;
  const clock = clockOf(incident);
  const end =
    resolvedAt === undefined ? `still open at ${formatInstant(now)}` : `resolved ${formatInstant(resolvedAt)}`;
  const opening = incident.entries.find((entry) => entry.event.kind === 'opened')?.event;
  const evidence = opening?.kind === 'opened' ? (opening.evidence ?? []) : [];
  const endings = incident.entries.flatMap(({ event, at }) =>
    event.kind === 'mitigated' || event.kind === 'resolved' || event.kind === 'reopened'
      ? [`- ${clock(at)} ${event.kind}: ${markdownText(event.why)}`]
      : [],
  );
  return [
    '## Summary',
    `- ${markdownText(environment)}: opened ${formatInstant(openedAt)} by ${markdownText(openedBy)}, ${end}`,
    ...severities.flatMap((s, at) => [
      `- ${clock(s.at)} ${severityName(s.severity)}: ${markdownText(s.why)}`,
      ...(at === 0 ? evidence.map((text) => `  - ${markdownText(text)}`) : []),
    ]),
    ...endings,
  ]
    .join('\n')
    .replace('## Summary\n', '## Summary\n\n');
}

/** The first alert, if it was raised before the incident was opened. */
function before(incident: Incident): string {
  const raised = incident.entries.flatMap(({ event }) =>
    event.kind === 'alert' && event.since !== undefined ? [{ subject: event.subject, since: event.since }] : [],
  );
  const [first] = raised.toSorted((a, b) => a.since - b.since);
  if (!first || first.since >= incident.openedAt) return '';
  const ago = formatAge(incident.openedAt - first.since);
  return `First alert: ${markdownText(first.subject)}, ${clockOf(incident)(first.since)}, ${ago} before the incident was opened.\n\n`;
}

/** Who had which role, from when until when. */
function people(incident: Incident): string {
  const held: { role: Role; person: string; from: Instant; until?: Instant }[] = [];
  const ends = (role: Role, person: string | undefined, at: Instant) => {
    for (const one of held)
      if (one.role === role && one.until === undefined && (person === undefined || one.person === person))
        one.until = at;
  };
  for (const { event, at, writer } of incident.entries) {
    if (event.kind === 'opened') held.push({ role: 'commander', person: writer.name, from: at });
    if (event.kind !== 'role') continue;
    ends(event.role, event.change === 'left' || event.role === 'expert' ? event.person : undefined, at);
    if (event.from) ends(event.role, event.from, at);
    if (event.change !== 'left') held.push({ role: event.role, person: event.person, from: at });
  }
  const clock = clockOf(incident);
  const end = incident.resolvedAt === undefined ? 'now' : clock(incident.resolvedAt);
  const rows = held
    .filter((one) => one.until === undefined || one.until > one.from)
    .toSorted((a, b) => roles.indexOf(a.role) - roles.indexOf(b.role) || a.from - b.from)
    .map(({ role, person, from, until }) => [
      role,
      markdownText(person),
      `${clock(from)} to ${until === undefined ? end : clock(until)}`,
    ]);
  return table(['Role', 'Who', 'When'], [...rows, ['took part', incident.people.map(markdownText).join(', '), '']]);
}

function actions(incident: Incident): string {
  if (incident.runs.length === 0) return 'No action was run from the cockpit.';
  const clock = clockOf(incident);
  return incident.runs
    .map((run) => {
      const first = run.phases.at(0);
      const last = run.phases.at(-1);
      const lasted = first && last && last.at > first.at ? `, ${formatAge(last.at - first.at)}` : '';
      const head = `### ${first ? clock(first.at) : ''} ${markdownText(`${run.action} ${run.target}`)}: ${phaseSays[run.phase]}`;
      const phases = run.phases.map(
        (p) => `- ${clock(p.at)} ${phaseSays[p.phase]}${p.detail ? `: ${markdownText(p.detail)}` : ''}`,
      );
      return [
        head,
        `By ${markdownText(run.by)}${lasted}.`,
        ...(run.calls.length > 0 ? [fence(run.calls)] : []),
        phases.join('\n'),
      ].join('\n\n');
    })
    .join('\n\n');
}

const bars = '▁▂▃▄▅▆▇█';

/** Each metric during the incident: at most 40 bars, its lowest and highest value. */
function samples(incident: Incident): string {
  const all = incident.entries.flatMap(({ event, at }) =>
    event.kind === 'sample' ? [{ at, values: event.values }] : [],
  );
  const rows = metrics.flatMap((m) => {
    const values = all.flatMap(({ values: v }) => (v[m.id] === undefined ? [] : [v[m.id] ?? 0]));
    if (values.length === 0) return [];
    const highest = Math.max(...values);
    const each = Math.ceil(values.length / 40);
    const line = Array.from({ length: Math.ceil(values.length / each) }, (_, i) => {
      const peak = Math.max(...values.slice(i * each, (i + 1) * each));
      return bars[Math.min(7, Math.floor((highest > 0 ? peak / highest : 0) * 8))];
    }).join('');
    const extremes = [Math.min(...values), highest, values.at(-1) ?? highest];
    return [[m.title, line, ...extremes.map((value) => formatMeasure(value, m.unit))]];
  });
  return rows.length === 0
    ? 'No metrics were recorded.'
    : table(['Metric', 'Once a minute', 'Lowest', 'Highest', 'At the end'], rows);
}

function messages(incident: Incident): string {
  if (incident.messages.length === 0) return 'None.';
  const clock = clockOf(incident);
  return table(
    ['Time', 'By', 'Channel', 'What', 'Delivery', 'Text'],
    incident.messages.map((m) => [
      clock(m.at),
      markdownText(m.by),
      markdownText(calledBy(m)),
      markdownText(m.purpose),
      deliverySays[m.delivery],
      markdownText(wordsOf(m)),
    ]),
  );
}

function timeline(incident: Incident): string {
  const pins = new Set(incident.pins);
  const rows = timelineOf(incident).map(({ entry, story, who }) => {
    // The text of a message is listed once, under Messages.
    const detail = entry.event.kind === 'notified' ? undefined : story.detail;
    const says = `${markdownText(story.says)}${detail ? `: ${markdownText(detail)}` : ''}`;
    return [formatInstant(entry.at), markdownText(who), pins.has(entry.id) ? `**${says}**` : says];
  });
  return table(['Time', 'Who', 'What'], rows);
}

function followUps(incident: Incident): string {
  const open = activeChecklists(incident).flatMap((list) => list.steps.filter((step) => !isFinished(incident, step)));
  const skipped = Object.entries(incident.steps).filter(([, state]) => state.mark === 'skipped');
  const lines = [
    ...unfinished(incident).map((run) => `${run.action} ${run.target}: outcome unknown: check the current state`),
    ...incident.runs
      .filter((run) => run.phase === 'unknown' || run.phase === 'unverified')
      .map((run) => `${run.action} ${run.target}: ${phaseSays[run.phase]}`),
    ...open.map((step) => `not done: ${step.say}`),
    ...skipped.map(([id, state]) => `skipped: ${findStep(id)?.step.say ?? id} (${state.why ?? ''})`),
    ...incident.reminders.map((one) => `reminder: ${one.about}`),
    ...incident.messages
      .filter((m) => m.delivery !== 'sent')
      .map((m) => `message ${deliverySays[m.delivery]}: ${calledBy(m)} ${m.purpose}`),
    ...stillRaised(incident).map((subject) => `alert not cleared: ${subject}`),
    ...(incident.resolvedAt === undefined
      ? []
      : untoldOf(incident).map((name) => `${name}: not notified of the resolution`)),
  ];
  return lines.length === 0 ? 'None.' : lines.map((text) => `- [ ] ${markdownText(text)}`).join('\n');
}

/** Alerts that were not cleared at the end of the record. */
function stillRaised({ entries }: Incident): readonly string[] {
  const raised = new Map<string, string>();
  for (const { event } of entries) {
    if (event.kind !== 'alert') continue;
    if (event.change === 'cleared') raised.delete(event.alert);
    else raised.set(event.alert, event.subject);
  }
  return [...raised.values()];
}
