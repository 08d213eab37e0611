// Turns a person's command on an incident into the events to record. Pure.
import { ulid } from 'ulid';
import { longestSnooze } from '../../core/health/alert.ts';
import { hasControl, incidentIdOf, isAdmitted, type KeyState } from '../../core/incident/authority.ts';
import { adviceOn, checkOf, type Step, severityName } from '../../core/incident/checklist.ts';
import type { IncidentCommand } from '../../core/incident/context.ts';
import { type Event, type IncidentType, roles, type Writer } from '../../core/incident/event.ts';
import { type Incident, isOngoing, type StepState } from '../../core/incident/incident.ts';
import { shortClock } from '../../core/text/format.ts';
import type { Instant } from '../../core/time.ts';
import type { World } from '../../core/world/world.ts';
import { checklist, checklistFor, findStep } from '../../runbook/checklists.ts';
import { type Ending, stillOpen } from '../../runbook/ending.ts';
import { knownOf, stepsChange, stepsNotNeeded, untoldOf } from '../../runbook/messages.ts';
import { suggestSeverity } from '../../runbook/suggest-severity.ts';

/** What to record and for which incident, or why nothing is recorded. */
export type Decision = { events: readonly Event[]; incident?: string; says: string } | { refused: string };

export type Situation = {
  incident: Incident | undefined;
  self: Writer;
  observing: boolean;
  /** Those of the incident, and of who has joined and written nothing yet; absent: the incident's. */
  keys?: readonly KeyState[];
  world: World;
  now: Instant;
  /** Why this cockpit is not in control, whatever the journal says. */
  lost?: string;
  /** How control was taken on the relay. */
  taken?: { fence: number; alone: boolean };
};

/** Commands that need control of the incident. Everybody may watch, write notes, take roles and acknowledge. */
const forDriver = new Set<IncidentCommand['do']>([
  'severity',
  'type',
  'procedure',
  'step',
  'accept',
  'decide',
  'notify',
  'update',
  'remind',
  'reminded',
  'mitigate',
  'resolve',
  'key',
  'cancel',
]);

export function decide(what: IncidentCommand, situation: Situation): Decision {
  const { incident, self, observing, world, now, taken, keys } = situation;
  if (observing && what.do !== 'follow') return { refused: 'this cockpit only observes' };
  if (what.do === 'open') return open(what, incident, { self, world });
  if (what.do === 'acknowledge') return acknowledge(what, incident);
  if (what.do === 'snooze') return snooze(what, now);
  if (what.do === 'allow-unrecorded')
    return {
      events: [{ kind: 'journal', what: 'unrecorded-allowed', says: what.why }],
      says: 'actions continue without a journal',
    };
  if (!incident) return { refused: 'no incident is open: press i to open one' };
  if (!isOngoing(incident) && !['note', 'pin', 'reopen', 'step', 'role'].includes(what.do))
    return { refused: `it is ${incident.cancelledAt === undefined ? 'resolved' : 'cancelled'}: reopen it first` };
  if (forDriver.has(what.do) && !hasControl(incident.control, self) && isOngoing(incident))
    return { refused: `${incident.control.person} is in control: take control first` };
  if (forDriver.has(what.do) && situation.lost !== undefined) return { refused: situation.lost };
  if (what.do === 'control' && !isAdmitted(incident, self))
    return {
      refused: `your key is not admitted to this incident: ask ${incident.control.person} to admit it (people)`,
    };
  return withIncident(what, incident, { self, world, now, taken, keys });
}

function open(
  what: Extract<IncidentCommand, { do: 'open' }>,
  incident: Incident | undefined,
  { self, world }: Pick<Situation, 'self' | 'world'>,
): Decision {
  // Where nothing that this key writes has effect, it may open one of its own.
  if (incident && isOngoing(incident) && isAdmitted(incident, self))
    return { refused: `${severityName(incident.severity)} ${incident.title} is already open` };
  const suggestion = suggestSeverity(world);
  const evidence = suggestion.signs
    .filter((sign) => sign.check.state !== 'pass')
    .map((sign) => `${sign.say}: ${sign.check.because}`)
    .slice(0, 12);
  const own = what.procedure ? checklist(what.procedure) : checklistFor(what.severity);
  const title = what.title ?? own.title;
  const why = what.why || suggestion.because;
  return {
    incident: self.key === undefined ? ulid() : incidentIdOf(ulid(), self.key),
    events: [
      {
        kind: 'opened',
        title,
        severity: what.severity,
        why,
        evidence,
        procedure: what.procedure,
      },
    ],
    says: `${severityName(what.severity)} ${title} is open`,
  };
}

function acknowledge(what: Extract<IncidentCommand, { do: 'acknowledge' }>, incident: Incident | undefined): Decision {
  if (!what.alert && !incident) return { refused: 'there is nothing to acknowledge' };
  const { alert, subject } = what;
  const event: Event = {
    kind: 'acknowledged',
    alert: alert || undefined,
    subject: subject || undefined,
  };
  return { events: [event], says: 'acknowledged' };
}

function snooze({ alert, subject, level, until }: Extract<IncidentCommand, { do: 'snooze' }>, now: Instant): Decision {
  if (until - now > longestSnooze) return { refused: 'an alert can be snoozed for at most 24 hours' };
  const event: Event = { kind: 'snoozed', alert, subject: subject || undefined, level, until };
  return { events: [event], says: until > now ? `snoozed until ${shortClock(until)}Z` : 'no longer snoozed' };
}

/** A step's mark, with what its check found. */
function marked(step: Step, mark: StepState['mark'], incident: Incident, world: World, why?: string): Event {
  const check = checkOf(step, world, knownOf(incident));
  const found = check ? { state: check.state, because: check.because } : undefined;
  return { kind: 'step', step: step.id, mark, why: why || undefined, found };
}

/** `2, 3 and 5`. */
const numbersSay = (all: readonly number[]): string => `${all.slice(0, -1).join(', ')} and ${all.at(-1)}`;

type Rest = Pick<Situation, 'self' | 'world' | 'now' | 'taken' | 'keys'>;

function withIncident(what: IncidentCommand, incident: Incident, { self, world, now, taken, keys }: Rest): Decision {
  const just = (event: Event, says: string): Decision => ({ events: [event], says });
  switch (what.do) {
    case 'severity':
      if (what.severity === incident.severity) return { refused: `it is already ${severityName(what.severity)}` };
      return just(
        { kind: 'severity', severity: what.severity, why: what.why },
        `now ${severityName(what.severity)}: ${stepsChange(incident, { ...incident, severity: what.severity })}`,
      );
    case 'type':
      return changeType(what, incident);
    case 'procedure':
      return just(
        { kind: 'procedure', procedure: what.procedure, change: what.change },
        `${checklist(what.procedure).title}: ${what.change}`,
      );
    case 'step': {
      const found = findStep(what.step);
      if (!found) return { refused: `there is no step ${what.step}` };
      if (what.mark === 'skipped' && !what.why) return { refused: 'a skipped step needs a reason' };
      return just(marked(found.step, what.mark, incident, world, what.why), `step ${found.at + 1} ${what.mark}`);
    }
    case 'accept': {
      const found = what.steps.flatMap((step) => findStep(step) ?? []);
      const [only] = found;
      if (!only) return { refused: 'no step is selected' };
      return {
        events: found.map(({ step }) => marked(step, 'done', incident, world)),
        says:
          found.length === 1 ? `step ${only.at + 1} done` : `steps ${numbersSay(found.map(({ at }) => at + 1))} done`,
      };
    }
    case 'decide': {
      const found = findStep(what.step);
      const advice = found && adviceOn(found.step, world, knownOf(incident));
      if (!advice) return { refused: 'this step has no decision' };
      const { step, answer, why } = what;
      return just({ kind: 'decision', step, answer, why, recommended: advice.answer }, `decided: ${answer}`);
    }
    case 'note':
      return what.text.trim() === ''
        ? { refused: 'the note is empty' }
        : just({ kind: 'note', text: what.text }, 'noted');
    case 'pin':
      return just({ kind: 'pin', entry: what.entry, pinned: what.pinned }, what.pinned ? 'pinned' : 'unpinned');
    case 'role':
      return role(what, incident, self);
    case 'control':
      return just(
        {
          kind: 'wheel',
          session: self.session,
          person: self.name,
          why: what.why || undefined,
          fence: taken?.fence,
        },
        taken?.alone
          ? 'you are in control; the relay is away: whoever was in control may still act'
          : 'you are in control',
      );
    case 'key': {
      const found = (keys ?? incident.keys).find(({ key }) => key === what.key);
      if (!found) return { refused: 'nobody has joined with that key' };
      const { key, change, why } = what;
      const says = `${found.person} ${change}: their entries have ${change === 'admitted' ? '' : 'no '}effect`;
      return just({ kind: 'key', key, person: found.person, change, why: why || undefined }, says);
    }
    case 'update':
      return just({ kind: 'update', text: what.text }, 'update recorded');
    case 'remind':
      return just(
        { kind: 'reminder', about: what.about, due: now + what.in, step: what.step || undefined },
        'reminder set',
      );
    case 'reminded':
      return just({ kind: 'reminded', about: what.about }, 'reminder dismissed');
    case 'mitigate':
      return just({ kind: 'mitigated', why: what.why, open: openThen(what.do, incident, world) }, 'mitigated');
    case 'resolve':
      return just(
        {
          kind: 'resolved',
          why: what.why,
          open: openThen(what.do, incident, world),
          notNeeded: stepsNotNeeded(incident, world),
        },
        `resolved${stillToTell(incident)}`,
      );
    case 'cancel':
      return just({ kind: 'cancelled', why: what.why }, `cancelled${stillToTell(incident)}`);
    case 'reopen':
      return just({ kind: 'reopened', why: what.why }, 'open again');
    default:
      return { refused: `${what.do} is not an incident command` };
  }
}

/** What is recorded as still open; undefined where nothing is. */
function openThen(ending: Ending, incident: Incident, world: World): readonly string[] | undefined {
  const open = stillOpen(ending, incident, world);
  return open.length > 0 ? open.map(({ says }) => says) : undefined;
}

/** A security incident tells nobody publicly by default; what was announced before stays announced. */
function changeType({ type, why }: Extract<IncidentCommand, { do: 'type' }>, incident: Incident): Decision {
  const isNow = incident.procedure === 'security' ? 'security' : 'service';
  if (type === isNow) return { refused: `it is already a ${type} incident` };
  const { procedure: _, ...service } = incident;
  const after: Incident = type === 'security' ? { ...incident, procedure: 'security' } : service;
  const quiet = type === 'security' ? '; nothing more is posted to Slack unless you send it' : '';
  return {
    events: [{ kind: 'type', type, title: titleOf(type, incident), why }],
    says: `now a ${type} incident: ${stepsChange(incident, after)}${quiet}`,
  };
}

/** A service incident gets back the title that it was opened with. */
function titleOf(type: IncidentType, { entries, severity }: Incident): string {
  if (type === 'security') return 'Security incident';
  const opening = entries.find(({ event }) => event.kind === 'opened')?.event;
  const isService = opening?.kind === 'opened' && opening.procedure !== 'security';
  return isService ? opening.title : checklistFor(severity).title;
}

/** Channels that were notified of the incident and not of its resolution. */
function stillToTell(incident: Incident): string {
  const left = untoldOf(incident);
  return left.length > 0 ? `; press m to notify ${left.join(' and ')}` : '';
}

function role(what: Extract<IncidentCommand, { do: 'role' }>, incident: Incident, self: Writer): Decision {
  if (!roles.includes(what.role)) return { refused: 'no such role' };
  const { role: name, change, person } = what;
  if (person.trim() === '') return { refused: 'a role needs a person' };
  if (name === 'commander' && change === 'left')
    return { refused: 'an incident needs a commander: hand the role over' };
  const from = change === 'handed' && incident.roles[name].includes(self.name) ? { from: self.name } : {};
  const says = change === 'left' ? `${name}: ${person} left` : `${name}: ${person}`;
  return { events: [{ kind: 'role', role: name, change, person, ...from }], says };
}
