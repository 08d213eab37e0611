// Texts about an incident, written from its record: messages, the CAN report, the handoff brief.
import { nameOfRun } from '../core/actions/plan-text.ts';
import { isBreached } from '../core/health/status.ts';
import { type ChannelId, calledBy } from '../core/incident/channel.ts';
import {
  adviceOn,
  type Checklist,
  checkOf,
  type Known,
  nothingKnown,
  type Step,
  severityName,
} from '../core/incident/checklist.ts';
import { clocks } from '../core/incident/clocks.ts';
import type { Purpose } from '../core/incident/event.ts';
import { ended, endedAt, type Incident, type Message, type RunState, unfinished } from '../core/incident/incident.ts';
import { formatAge, formatClock, formatElapsed, shortClock } from '../core/text/format.ts';
import { withoutMentions } from '../core/text/markup.ts';
import { type Instant, minute } from '../core/time.ts';
import type { World } from '../core/world/world.ts';
import { checklist, checklistFor, findStep } from './checklists.ts';
import { findings } from './evidence.ts';

/** The checklists in use: the incident's own, or the severity's, then the added ones. */
export function activeChecklists(incident: Incident): readonly Checklist[] {
  const first = incident.procedure ? checklist(incident.procedure) : checklistFor(incident.severity);
  return [first, ...incident.procedures.filter((id) => id !== first.id).map(checklist)];
}

/** The first unfinished step; undefined when all are finished. */
export function currentStep(incident: Incident): { step: Step; at: number; of: number } | undefined {
  for (const { steps } of activeChecklists(incident)) {
    const at = steps.findIndex((step) => !isFinished(incident, step));
    const step = steps[at];
    if (step) return { step, at, of: steps.length };
  }
  return undefined;
}

/** How the checklist changes between two states of an incident. */
export function stepsChange(before: Incident, after: Incident): string {
  const stepsOf = (one: Incident) => activeChecklists(one).flatMap((list) => list.steps);
  const [was, is] = [stepsOf(before), stepsOf(after)];
  const added = is.filter((step) => !was.includes(step)).length;
  const retired = was.filter((step) => !is.includes(step)).length;
  if (added + retired === 0) return 'its checklist stays';
  return `${added} steps added, ${retired} retired; completed steps stay`;
}

export function isFinished(incident: Incident, step: Step): boolean {
  const mark = incident.steps[step.id]?.mark;
  return mark === 'done' || mark === 'skipped';
}

/** Open steps that the facts do not call for: their advice is no. */
export function stepsNotNeeded(incident: Incident, world: World): readonly string[] {
  const known = knownOf(incident);
  return activeChecklists(incident)
    .flatMap(({ steps }) => steps)
    .filter((step) => !isFinished(incident, step) && adviceOn(step, world, known)?.answer === 'no')
    .map(({ id }) => id);
}
const knowns = new WeakMap<Incident, Known>();

/** Open steps without those: what people are told is still to be done. */
export function neededSteps(incident: Incident, world: World): readonly Step[] {
  const unneeded = new Set(stepsNotNeeded(incident, world));
  return activeChecklists(incident)
    .flatMap(({ steps }) => steps)
    .filter((step) => !isFinished(incident, step) && !unneeded.has(step.id));
}

/** What the steps know of the incident. */
export function knownOf(incident: Incident | undefined): Known {
  if (!incident) return nothingKnown;
  const before = knowns.get(incident);
  if (before) return before;
  const known: Known = {
    acknowledged: incident.acknowledged,
    notified: incident.messages
      .filter((m) => m.purpose !== 'acknowledge' && (m.delivery === 'sent' || m.delivery === 'not-sent'))
      .map((m) => ({ channel: calledBy(m), at: m.at })),
    ran: incident.runs.flatMap(({ action, target, phase, phases, by }) =>
      ended(phase) || (phase === 'failed' && action === 'test-surface')
        ? [{ action, object: target, at: phases.at(-1)?.at ?? 0, worked: phase === 'verified', by }]
        : [],
    ),
  };
  knowns.set(incident, known);
  return known;
}

/** Channels notified of the incident and not of its end: PagerDuty's page would stay open, and people would wait. */
export function untoldChannels({ messages, runs }: Incident): readonly { channel: ChannelId; name: string }[] {
  const went = messages.filter((m) => m.delivery === 'sent' || m.delivery === 'sending');
  const told = new Map(went.map((m) => [m.channel, calledBy(m)]));
  const ended = new Set(went.filter((m) => m.purpose === 'resolve').map((m) => m.channel));
  if (runs.some((run) => run.action === 'resolve-page' && run.phase === 'verified')) ended.add('pagerduty');
  return [...told].flatMap(([channel, name]) => (ended.has(channel) ? [] : [{ channel, name }]));
}

/** The names of these channels. */
export const untoldOf = (incident: Incident): readonly string[] => untoldChannels(incident).map(({ name }) => name);

/** How a run of an action went, in a word or two. */
export const phaseSays: Readonly<Record<RunState['phase'], string>> = {
  confirmed: 'confirmed',
  started: 'running',
  finished: 'done',
  failed: 'failed',
  verified: 'verified',
  unverified: 'done, not verified',
  unknown: 'outcome unknown',
  cancelled: 'cancelled',
};

/** What is wrong now, worst first, in few words. */
export function conditions(world: World, most = 4): readonly string[] {
  const bad = findings(world).filter((f) => isBreached(f.verdict));
  const ranked = bad.toSorted((a, b) => Number(b.verdict === 'critical') - Number(a.verdict === 'critical'));
  const said = ranked.slice(0, most).map((f) => `${f.subject} ${f.says}`);
  const more = ranked.length - said.length;
  if (more > 0) said.push(`and ${more} more`);
  return said;
}

/** The actions that were tried, newest last. */
function tried(incident: Incident): readonly string[] {
  return incident.runs.map((run) => `${nameOfRun(run)}: ${phaseSays[run.phase]}`);
}

/** Open steps and unfinished runs. */
function pending(incident: Incident, world: World): readonly string[] {
  const open = neededSteps(incident, world);
  return [
    ...unfinished(incident).map((run) => `${nameOfRun(run)} is ${phaseSays[run.phase]}`),
    ...open.slice(0, 4).map((step) => step.say),
    ...(open.length > 4 ? [`and ${open.length - 4} more steps`] : []),
  ];
}

/** The delivery of a message, in words. */
export const deliverySays: Readonly<Record<Message['delivery'], string>> = {
  sending: 'being sent',
  sent: 'sent',
  failed: 'not delivered',
  unknown: 'may have arrived',
  'not-sent': 'not sent: pass it on by hand',
};

export type Can = { conditions: string; actions: string; needs: string };

/** Conditions, actions, needs. */
export function canReport(incident: Incident, world: World): Can {
  const now = conditions(world);
  const done = Object.entries(incident.steps).flatMap(([id, state]) => {
    const say = findStep(id)?.step.say;
    if (!say || state.mark !== 'done') return [];
    // A decision changes nothing: executed actions are listed as actions.
    return [state.answer === undefined ? say : `${say}: decided ${state.answer}`];
  });
  const [next] = neededSteps(incident, world);
  const unproven = next ? checkOf(next, world) : undefined;
  return {
    conditions: now.length > 0 ? now.join('; ') : 'no problem detected',
    actions: [...tried(incident), ...done.slice(-3)].join('; ') || 'investigating',
    needs: next ? `next: ${next.say}${unproven?.state === 'unknown' ? ` (${unproven.because})` : ''}` : 'nothing',
  };
}

/** The CAN report, a line for each of its parts. */
export function canLines(incident: Incident, world: World): readonly string[] {
  const { conditions: c, actions, needs } = canReport(incident, world);
  const lines = [`${headline(incident, world.now)}.`, `CONDITIONS: ${c}.`, `ACTIONS: ${actions}.`, `NEEDS: ${needs}.`];
  return lines.map(withoutMentions);
}

/** The same in one line, for a message. */
export function canText(incident: Incident, world: World): string {
  return canLines(incident, world).join(' ');
}

/** `SEV1 Complete API outage (PRODUCTION), open 00:07:32, commander ops1` */
export function headline(incident: Incident, now: Instant): string {
  const ended = endedAt(incident);
  const state =
    ended !== undefined
      ? `${incident.cancelledAt === undefined ? 'resolved' : 'cancelled'} after ${formatAge(ended - incident.openedAt)}`
      : `${incident.mitigatedAt === undefined ? 'open' : 'mitigated, open'} ${openSince(incident, now)}`;
  const drill = incident.drill ? 'DRILL, not real: ' : '';
  return `${drill}${severityName(incident.severity)} ${incident.title} (${incident.environment}), ${state}, commander ${incident.roles.commander.join(', ') || 'nobody'}`;
}

/** `00:07:32`; a message that opens it says when instead of a row of zeros. */
const openSince = ({ openedAt }: Incident, now: Instant): string =>
  now - openedAt < minute ? `since ${shortClock(openedAt)}Z` : formatElapsed(now - openedAt);

/** The default text of a message, in one line, as the form edits it. */
export function messageText(incident: Incident, world: World, purpose: Purpose): string {
  return messageLines(incident, world, purpose).join(' ').trim();
}

/** The same to copy, as a report of several lines. It may be pasted anywhere: text from outside mentions nobody. */
export function messageLines(incident: Incident, world: World, purpose: Purpose): readonly string[] {
  return draft(incident, world, purpose).map(withoutMentions);
}

function draft(incident: Incident, world: World, purpose: Purpose): readonly string[] {
  const what = conditions(world, 2).join('; ');
  switch (purpose) {
    case 'trigger':
    case 'acknowledge':
    case 'notify':
      return [
        `${headline(incident, world.now)}${what ? `: ${what}` : ''}. ${purpose === 'notify' ? nextWord(incident, world.now) : ''}`.trim(),
      ];
    case 'update':
      return [...canLines(incident, world), nextWord(incident, world.now)].filter(Boolean);
    case 'resolve': {
      // Sent before or after the end is recorded, it tells the end.
      const { now } = world;
      const over = endedAt(incident) === undefined ? { ...incident, resolvedAt: now } : incident;
      const mistake = over.cancelledAt === undefined ? '' : ' It was opened by mistake: nothing has to be done.';
      return [`${headline(over, now)}.${mistake}`];
    }
  }
}

function nextWord(incident: Incident, now: Instant): string {
  const { updateDue } = clocks(incident, now);
  return updateDue === undefined ? '' : `Next update by ${shortClock(now + 30 * minute)}Z.`;
}

/** The handoff brief: state, tried, pending, who knows. */
export function handoff(incident: Incident, world: World): readonly string[] {
  const { now } = world;
  const time = clocks(incident, now);
  const who = (['commander', 'deputy', 'scribe', 'expert'] as const).flatMap((role) =>
    incident.roles[role].length > 0 ? [`${role}: ${incident.roles[role].join(', ')}`] : [],
  );
  const facts = conditions(world, 6);
  const due = time.updateDue === undefined ? [] : [`next update due ${formatClock(time.updateDue)}`];
  const list = (title: string, lines: readonly string[], none: string) => [
    '',
    title,
    ...(lines.length > 0 ? lines : [none]).map((text) => `  ${text}`),
  ];
  return [
    headline(incident, now),
    ...list('State', [...(facts.length > 0 ? facts : ['no problem detected']), ...due], ''),
    ...list('Tried', tried(incident), 'no action taken'),
    ...list('Pending', pending(incident, world), 'no open steps'),
    ...list(
      'Responders',
      [...who, `journal entries by: ${incident.people.join(', ')}`, `in control: ${incident.control.person}`],
      '',
    ),
    ...list(
      'Notified',
      incident.messages.map((m) => `${formatClock(m.at)} ${calledBy(m)} ${m.purpose}: ${deliverySays[m.delivery]}`),
      'no one notified yet',
    ),
  ].map(withoutMentions);
}
