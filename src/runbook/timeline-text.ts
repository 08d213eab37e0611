// A journal entry in plain words.

import { idleFor } from '../core/actions/arming.ts';
import { nameOfRun } from '../core/actions/plan-text.ts';
import type { HealthStatus } from '../core/health/status.ts';
import { calledBy } from '../core/incident/channel.ts';
import { severityName } from '../core/incident/checklist.ts';
import { type Entry, type Event, type EventOf, fingerprint, type RunPhase } from '../core/incident/event.ts';
import type { Message, RunState } from '../core/incident/incident.ts';
import { formatAge, formatClock, shortClock } from '../core/text/format.ts';
import type { Instant } from '../core/time.ts';
import { checklist, findStep } from './checklists.ts';
import { deliverySays, phaseSays } from './messages.ts';

/** The kind of an entry, for the filter and its mark. */
export type StoryKind =
  | 'incident'
  | 'step'
  | 'action'
  | 'alert'
  | 'verdict'
  | 'message'
  | 'people'
  | 'note'
  | 'journal';

export type Story = { kind: StoryKind; says: string; verdict?: HealthStatus; detail?: string };

/** Undefined for what only the report needs (samples). `started`: when the run of an action did, if it is known. */
export function timelineText(entry: Entry, started?: Instant): Story | undefined {
  const { event, at } = entry;
  switch (event.kind) {
    case 'opened':
      return { kind: 'incident', says: `opened as ${severityName(event.severity)}: ${event.title}`, detail: event.why };
    case 'severity':
      return { kind: 'incident', says: `now ${severityName(event.severity)}`, detail: event.why };
    case 'type':
      return { kind: 'incident', says: `now a ${event.type} incident`, detail: event.why };
    case 'mitigated':
    case 'resolved':
    case 'cancelled':
    case 'reopened':
      return {
        kind: 'incident',
        says: event.kind,
        detail: 'open' in event && event.open ? `${event.why}; then still open: ${event.open.join('; ')}` : event.why,
        verdict: event.kind === 'reopened' || event.kind === 'cancelled' ? undefined : ('ok' as const),
      };
    case 'procedure':
      return { kind: 'incident', says: `${checklist(event.procedure).title} ${event.change}` };
    case 'acknowledged':
      return {
        kind: 'people',
        says: event.alert ? `acknowledged the alert ${event.subject ?? event.alert}` : 'acknowledged the incident',
      };
    case 'snoozed': {
      const name = event.subject ?? event.alert;
      const says =
        event.until > at
          ? `snoozed the alert ${name} until ${shortClock(event.until)}Z`
          : `ended the snooze of ${name}`;
      return { kind: 'people', says };
    }
    case 'step': {
      const say = findStep(event.step)?.step.say ?? event.step;
      const detail = event.why ?? event.found?.because;
      return { kind: 'step', says: `${event.mark}: ${say}`, detail: detail || undefined };
    }
    case 'decision': {
      const say = findStep(event.step)?.step.say ?? event.step;
      const against =
        event.recommended && event.recommended !== event.answer ? ` (recommended: ${event.recommended})` : '';
      return { kind: 'step', says: `decided ${event.answer}: ${say}${against}`, detail: event.why };
    }
    case 'action':
      return {
        kind: 'action',
        says: `${nameOfRun(event)}: ${phaseSays[event.phase]}${lasted(event, at, started)}`,
        verdict: phaseVerdict[event.phase] ?? 'unknown',
        detail: event.detail || callsSay(event.calls),
      };
    case 'verdict':
      return {
        kind: 'verdict',
        says: `${event.subject}: ${event.from} → ${event.to}`,
        verdict: event.to,
        detail: event.says,
      };
    case 'alert':
      return {
        kind: 'alert',
        says: `alert ${event.change}: ${event.subject}`,
        detail: event.since === undefined ? event.says : `${event.says}, since ${formatClock(event.since)}`,
        verdict: event.change === 'cleared' ? 'ok' : event.level === 'info' ? 'unknown' : event.level,
      };
    case 'role':
      return {
        kind: 'people',
        says: `${event.role}: ${event.person}${event.change === 'left' ? ' left' : event.from ? `, from ${event.from}` : ''}`,
      };
    case 'wheel':
      return { kind: 'people', says: `${event.person} took control`, detail: event.why || undefined };
    case 'key':
      return {
        kind: 'people',
        says: `${event.change} the key of ${event.person} (${fingerprint(event.key)})`,
        detail: event.why || undefined,
      };
    case 'note':
      return { kind: 'note', says: event.text };
    case 'notified':
      return {
        kind: 'message',
        says: `${calledBy(event)} ${event.purpose}: ${deliverySays[event.delivery]}`,
        detail: event.detail && event.delivery !== 'sent' ? `${event.detail}: ${wordsOf(event)}` : wordsOf(event),
        verdict: event.delivery === 'sent' ? 'ok' : event.delivery === 'failed' ? 'critical' : 'unknown',
      };
    case 'update':
      return { kind: 'message', says: 'update given', detail: event.text };
    case 'armed':
      return {
        kind: 'people',
        says: `armed until ${new Date(event.until).toISOString().slice(11, 16)}Z, or ${formatAge(idleFor)} without a key`,
        detail: event.why,
      };
    case 'disarmed':
      return { kind: 'people', says: 'read-only again', detail: event.why };
    case 'reminder':
      return { kind: 'note', says: `reminder for ${new Date(event.due).toISOString().slice(11, 16)}Z: ${event.about}` };
    case 'reminded':
      return { kind: 'note', says: `reminder dismissed: ${event.about}` };
    case 'shell': {
      const end = event.exit === undefined ? '' : `, exit code ${event.exit}`;
      // The target comes last: it may be long, and the end must not be cut.
      const says = `${event.tool} ${event.phase}${end}: ${event.target}`;
      const isUnknown = event.phase === 'ended' && event.exit === undefined;
      return {
        kind: 'action',
        says,
        detail: event.detail || event.command,
        verdict: isUnknown ? 'unknown' : undefined,
      };
    }
    case 'journal':
      return { kind: 'journal', says: event.says, verdict: event.what === 'closed' ? 'ok' : 'warning' };
    case 'sample':
    case 'measured':
      return undefined;
    case 'pin':
      return undefined;
    default:
      return { kind: 'journal', says: `unknown entry (newer version?): ${(event as Event).kind}` };
  }
}

/** One command as it is; several are counted: on one line they would be pasted as another one. */
function callsSay(calls: readonly string[] = []): string | undefined {
  const [first] = calls;
  return calls.length > 1 ? `${calls.length} commands` : first?.replaceAll('\n', ' ');
}

/** Whether what is told of this phase says how long the run took. */
export const tellsHowLong = (phase: RunPhase): boolean =>
  phase !== 'confirmed' && phase !== 'started' && phase !== 'cancelled';

/** ` after 42 s`: from its start to its end, or to its proof. */
function lasted({ phase }: EventOf<'action'>, at: Instant, started: Instant | undefined): string {
  if (!tellsHowLong(phase)) return '';
  return started === undefined || at < started ? '' : ` after ${formatAge(at - started)}`;
}

/** When a run started; undefined: it has not yet. */
export const startedAt = ({ phases }: RunState): Instant | undefined =>
  phases.find(({ phase }) => phase === 'started')?.at;

const phaseVerdict: Partial<Record<string, HealthStatus>> = {
  verified: 'ok',
  finished: 'ok',
  failed: 'critical',
  unverified: 'warning',
  cancelled: 'ok',
};

/** What the channel received: acknowledge and resolve carry no text at PagerDuty, only the key of the alert. */
export function wordsOf({
  channel,
  purpose,
  text,
  key,
}: Pick<Message, 'channel' | 'purpose' | 'text' | 'key'>): string {
  const bare = channel === 'pagerduty' && (purpose === 'acknowledge' || purpose === 'resolve');
  return bare && key !== undefined ? `alert key ${key}` : text;
}
