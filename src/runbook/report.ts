// The post-incident report as a document. A person writes the section Why.

import { nameOfRun } from '../core/actions/plan-text.ts';
import { calledBy } from '../core/incident/channel.ts';
import { severityName } from '../core/incident/checklist.ts';
import { clocks, timePerSeverity } from '../core/incident/clocks.ts';
import { type Role, roles } from '../core/incident/event.ts';
import { endedAt, type Incident, isOngoing, unfinished } from '../core/incident/incident.ts';
import { type Block, type Item, markdown, plainText } from '../core/text/document.ts';
import { formatAge, formatClock, formatInstant } from '../core/text/format.ts';
import type { Instant, Ms } from '../core/time.ts';
import type { Thresholds } from '../core/world/thresholds.ts';
import { findStep } from './checklists.ts';
import { activeChecklists, deliverySays, isFinished, phaseSays, untoldOf } from './messages.ts';
import { impactBlocks, metricBlocks } from './report-impact.ts';
import { timelineOf } from './timeline.ts';
import { wordsOf } from './timeline-text.ts';

export type ReportOptions = {
  now: Instant;
  /** The result of the journal check. */
  notes?: readonly string[];
  /** The configured thresholds; default: the runbook's. */
  thresholds?: Thresholds;
  /** Steps that the facts do not call for now: no follow-ups. Of a resolved incident the record knows them. */
  notNeeded?: readonly string[];
};

/** Columns of a report in plain text. */
const textColumns = 100;

export const markdownReport = (incident: Incident, options: ReportOptions): string =>
  markdown(reportBlocks(incident, options));

export const textReport = (incident: Incident, options: ReportOptions): string =>
  plainText(reportBlocks(incident, options), textColumns);

/** `SEV1-complete-api-outage-2026-01-17-01KA2B3C`: the same for every report of an incident. */
export function reportName(incident: Incident): string {
  const words = incident.title.toLowerCase().match(/[a-z0-9]+/g) ?? [];
  const day = formatInstant(incident.openedAt).slice(0, 10);
  const drill = incident.drill ? ['drill'] : [];
  // The last characters of a ULID are random; its first are a time that incidents may share.
  const parts = [...drill, severityName(incident.severity), ...words.slice(0, 6), day, incident.id.slice(-6)];
  return parts
    .join('-')
    .replace(/[^A-Za-z0-9-]/g, '')
    .slice(0, 100);
}

/** The sections of the report, in order. */
export function reportBlocks(incident: Incident, options: ReportOptions): readonly Block[] {
  const { now, notes = [], thresholds } = options;
  const worst = timePerSeverity(incident, now)[0]?.severity ?? incident.severity;
  const heading = (text: string): Block => ({ kind: 'heading', text });
  const drill: Block = { kind: 'text', as: 'strong', text: `DRILL (${incident.drill}): none of this was real.` };
  const cancelled: Block = {
    kind: 'text',
    as: 'strong',
    text: 'Cancelled: opened by mistake. It counts in no statistics.',
  };
  return [
    { kind: 'title', text: `${severityName(worst)}: ${incident.title}` },
    ...(incident.drill ? [drill] : []),
    ...(incident.cancelledAt === undefined ? [] : [cancelled]),
    heading('Summary'),
    { kind: 'list', items: summary(incident, now) },
    heading('Why'),
    { kind: 'text', as: 'emphasis', text: 'Write here what happened, and why.' },
    heading('Impact'),
    ...impactBlocks(incident, now, thresholds),
    heading('Times'),
    times(incident, now),
    heading('Responders'),
    people(incident),
    heading('Actions'),
    ...actions(incident),
    heading('Metrics'),
    ...metricBlocks(incident, thresholds),
    heading('Messages'),
    messages(incident),
    heading('Timeline (UTC)'),
    timeline(incident),
    heading('Open follow-ups'),
    followUps(incident, options),
    heading('The record'),
    {
      kind: 'list',
      items: [`Incident ${incident.id}, ${incident.entries.length} entries.`, ...notes].map((text) => ({ text })),
    },
  ];
}

/** Times without a date, unless the incident crosses midnight (UTC). */
function clockOf({ entries, openedAt }: Incident): (at: Instant) => string {
  const last = Math.max(openedAt, ...entries.map(({ at }) => at));
  const dayOf = (at: Instant) => formatInstant(at).slice(0, 10);
  return dayOf(openedAt) === dayOf(last) ? formatClock : formatInstant;
}

function summary(incident: Incident, now: Instant): readonly Item[] {
  const { openedAt, openedBy, resolvedAt, cancelledAt, environment, severities } = incident;
  const clock = clockOf(incident);
  const end =
    cancelledAt !== undefined
      ? `cancelled ${formatInstant(cancelledAt)}`
      : resolvedAt === undefined
        ? `still open at ${formatInstant(now)}`
        : `resolved ${formatInstant(resolvedAt)}`;
  const opening = incident.entries.find((entry) => entry.event.kind === 'opened')?.event;
  const evidence = opening?.kind === 'opened' ? (opening.evidence ?? []) : [];
  const endings = incident.entries.flatMap(({ event, at }) =>
    event.kind === 'mitigated' || event.kind === 'resolved' || event.kind === 'cancelled' || event.kind === 'reopened'
      ? [{ text: `${clock(at)} ${event.kind}: ${event.why}` }]
      : [],
  );
  return [
    { text: `${environment}: opened ${formatInstant(openedAt)} by ${openedBy}, ${end}` },
    ...severities.map((s, at) => ({
      text: `${clock(s.at)} ${severityName(s.severity)}: ${s.why}`,
      under: at === 0 ? evidence : [],
    })),
    ...endings,
  ];
}

function times(incident: Incident, now: Instant): Block {
  const time = clocks(incident, now);
  const took = (one: Ms | undefined): string =>
    one !== undefined ? formatAge(one) : isOngoing(incident) ? 'not yet' : 'not recorded';
  return {
    kind: 'table',
    head: ['From opening to', 'Time'],
    rows: [
      ['acknowledged', took(time.toAcknowledge)],
      ['first relevant finding', took(time.toFirstFind)],
      ['mitigated', took(time.toMitigate)],
      ['resolved', took(time.toResolve)],
    ],
  };
}

/** Who had which role, from when until when; and control, where it changed hands. */
function people(incident: Incident): Block {
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
  const endsAt = endedAt(incident);
  const end = endsAt === undefined ? 'now' : clock(endsAt);
  const rows = held
    .filter((one) => one.until === undefined || one.until > one.from)
    .toSorted((a, b) => roles.indexOf(a.role) - roles.indexOf(b.role) || a.from - b.from)
    .map(({ role, person, from, until }) => [
      role,
      person,
      `${clock(from)} to ${until === undefined ? end : clock(until)}`,
    ]);
  return {
    kind: 'table',
    head: ['Role', 'Who', 'When'],
    rows: [...rows, ...controls(incident, end), ['took part', incident.people.join(', '), '']],
  };
}

/** Roles are among people; control is what one cockpit had. */
function controls(incident: Incident, end: string): readonly string[][] {
  const clock = clockOf(incident);
  const taken = incident.entries.flatMap(({ event, at }) =>
    event.kind === 'wheel' ? [{ person: event.person, from: at }] : [],
  );
  if (taken.length === 0) return [];
  const all = [{ person: incident.openedBy, from: incident.openedAt }, ...taken];
  return all.map(({ person, from }, at) => {
    const next = all[at + 1];
    return ['in control', person, `${clock(from)} to ${next ? clock(next.from) : end}`];
  });
}

function actions(incident: Incident): readonly Block[] {
  if (incident.runs.length === 0) return [{ kind: 'text', text: 'No action was run from the cockpit.' }];
  const clock = clockOf(incident);
  return incident.runs.flatMap((run): readonly Block[] => {
    const first = run.phases.at(0);
    const last = run.phases.at(-1);
    const lasted = first && last && last.at > first.at ? `, ${formatAge(last.at - first.at)}` : '';
    const head = `${first ? clock(first.at) : ''} ${nameOfRun(run)}: ${phaseSays[run.phase]}`;
    const phases = run.phases.map((p) => ({
      text: `${clock(p.at)} ${phaseSays[p.phase]}${p.detail ? `: ${p.detail}` : ''}`,
    }));
    return [
      { kind: 'subheading', text: head },
      { kind: 'text', text: `By ${run.by}${lasted}.` },
      ...(run.calls.length > 0 ? [{ kind: 'code', language: 'bash', lines: run.calls } as const] : []),
      { kind: 'list', items: phases },
    ];
  });
}

function messages(incident: Incident): Block {
  if (incident.messages.length === 0) return { kind: 'text', text: 'None.' };
  const clock = clockOf(incident);
  return {
    kind: 'table',
    head: ['Time', 'By', 'Channel', 'What', 'Delivery', 'Text'],
    rows: incident.messages.map((m) => [
      clock(m.at),
      m.by,
      calledBy(m),
      m.purpose,
      deliverySays[m.delivery],
      wordsOf(m),
    ]),
  };
}

function timeline(incident: Incident): Block {
  const pins = new Set(incident.pins);
  const rows = timelineOf(incident).map(({ entry, story, who }) => {
    // The text of a message is listed once, under Messages.
    const detail = entry.event.kind === 'notified' ? undefined : story.detail;
    const says = `${story.says}${detail ? `: ${detail}` : ''}`;
    return [formatInstant(entry.at), who, pins.has(entry.id) ? { strong: says } : says];
  });
  return { kind: 'table', head: ['Time', 'Who', 'What'], rows };
}

function followUps(incident: Incident, options: ReportOptions): Block {
  const lines = followUpsOf(incident, options);
  if (lines.length === 0) return { kind: 'text', text: 'None.' };
  return { kind: 'list', items: lines.map((text) => ({ text, open: true })) };
}

/** What is left to do, in words. A step that was not needed is none. */
export function followUpsOf(
  incident: Incident,
  { notNeeded = [] }: Pick<ReportOptions, 'notNeeded'> = {},
): readonly string[] {
  const unneeded = new Set([...notNeeded, ...incident.notNeeded]);
  const open = activeChecklists(incident)
    .flatMap((list) => list.steps)
    .filter((step) => !isFinished(incident, step) && !unneeded.has(step.id));
  // What was skipped while its check passed was not needed either.
  const skipped = Object.entries(incident.steps).filter(
    ([id, { mark, found }]) => mark === 'skipped' && found?.state !== 'pass' && !unneeded.has(id),
  );
  return [
    ...unfinished(incident).map((run) => `${nameOfRun(run)}: outcome unknown: check the current state`),
    ...incident.runs
      .filter((run) => run.phase === 'unknown' || run.phase === 'unverified')
      .map((run) => `${nameOfRun(run)}: ${phaseSays[run.phase]}`),
    ...open.map((step) => `not done: ${step.say}`),
    ...skipped.map(([id, state]) => `skipped: ${findStep(id)?.step.say ?? id} (${state.why ?? ''})`),
    ...incident.reminders.map((one) => `reminder: ${one.about}`),
    ...incident.messages
      .filter((m) => m.delivery !== 'sent')
      .map((m) => `message ${deliverySays[m.delivery]}: ${calledBy(m)} ${m.purpose}`),
    ...stillRaised(incident).map((subject) => `alert not cleared: ${subject}`),
    ...(isOngoing(incident)
      ? []
      : untoldOf(incident).map(
          (name) =>
            `${name}: not notified of the ${incident.cancelledAt === undefined ? 'resolution' : 'cancellation'}`,
        )),
  ];
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
