// The questions around an incident: reasons, notes, severities, roles. Each is a form; none needs more than a line.
import {
  adviceOn,
  type ProcedureId,
  type Recommendation,
  type Step,
  severities,
  severityName,
} from '../../core/incident/checklist.ts';
import { controlNow, type IncidentCommand } from '../../core/incident/context.ts';
import { type IncidentType, incidentTypes, roles } from '../../core/incident/event.ts';
import type { Incident } from '../../core/incident/incident.ts';
import { futureForms, momentSays, parseUntil } from '../../core/text/since.ts';
import { type Instant, minute } from '../../core/time.ts';
import { checklistFor } from '../../runbook/checklists.ts';
import { activeChecklists, isFinished, knownOf, stepsChange } from '../../runbook/messages.ts';
import type { Form, FormField, Intent, Option, State } from '../../store.ts';
import { dim, line, span, wrap } from '../toolkit/line.ts';
import { suggestionOf } from './suggestion.ts';

/** Sends a command to the engine. */
export const send = (what: IncidentCommand): Intent => ({ kind: 'send', command: { kind: 'incident', what } });

const why = (value = ''): FormField => ({
  name: 'why',
  ask: 'reason (recorded in the journal)',
  kind: 'text',
  value,
  lines: true,
  help: 'A sentence for those who read the journal and the report later: why, and on what evidence.',
});

function form(
  title: string,
  fields: readonly FormField[],
  done: (values: Readonly<Record<string, string>>, state: State) => IncidentCommand | string,
  about?: string,
  after: readonly Intent[] = [],
): Intent {
  const made: Form = {
    title,
    fields,
    lines: about
      ? (_: State, columns: number) => [...wrap(about, columns - 4).map((part) => line('  ', dim(part))), []]
      : undefined,
    submit: (values, state) => {
      const what = done(values, state);
      return typeof what === 'string' ? what : [send(what), ...after];
    },
  };
  return { kind: 'form', form: made };
}

const needed = (
  text: string | undefined,
  what: IncidentCommand,
  complaint = 'a reason is required',
): IncidentCommand | string => (text?.trim() ? what : complaint);

export const askNote = (): Intent =>
  form('Note', [{ name: 'text', ask: 'text (recorded in the timeline)', kind: 'text', lines: true }], ({ text = '' }) =>
    needed(text, { do: 'note', text }, 'the note is empty'),
  );

export const askSkip = (step: Step): Intent =>
  form(`Skip: ${step.say}`, [why()], ({ why: reason = '' }) =>
    needed(reason, { do: 'step', step: step.id, mark: 'skipped', why: reason }),
  );

/** `recommended: yes`, `unsure`, or `recommended: no, roll back first`. */
export const recommends = ({ answer, instead }: Recommendation): string =>
  answer === 'unsure' ? (instead ?? answer) : `recommended: ${answer}${instead ? `, ${instead}` : ''}`;

/** The marker goes to the next open step below the one that is finished; the row below where there is none. */
export function onward(step: Step, { incident }: State): Intent {
  const all = incident ? activeChecklists(incident).flatMap(({ steps }) => steps) : [];
  const open = incident && all.slice(all.indexOf(step) + 1).find((one) => !isFinished(incident, one));
  return open ? { kind: 'select', row: open.id } : { kind: 'move', to: 'next' };
}

/** A decision: recorded at once where its action has run, else asked with the recommendation filled in. */
export function decideIntents(step: Step, state: State): readonly Intent[] {
  const advice = adviceOn(step, state.world, knownOf(state.incident));
  if (advice?.ran)
    return [send({ do: 'decide', step: step.id, answer: 'yes', why: advice.because }), onward(step, state)];
  return [askDecision(step, advice, onward(step, state))];
}

function askDecision(step: Step, advice: Recommendation | undefined, after: Intent): Intent {
  const recommended = advice?.answer === 'unsure' ? '' : (advice?.answer ?? '');
  return form(
    step.decision?.question ?? step.say,
    [
      {
        name: 'answer',
        ask: 'record yes or no (runs nothing)',
        kind: 'choice',
        value: recommended,
        choices: () => ['yes', 'no'],
      },
      why(advice?.answer === 'unsure' ? '' : advice?.because),
    ],
    ({ answer = '', why: reason = '' }) => {
      const word = answer.trim().toLowerCase();
      if (word !== 'yes' && word !== 'no' && word !== 'y' && word !== 'n') return 'answer yes or no';
      return needed(reason, { do: 'decide', step: step.id, answer: word.startsWith('y') ? 'yes' : 'no', why: reason });
    },
    advice && `${recommends(advice)}, because ${advice.because}`,
    [after],
  );
}

/** Each severity and type that it is not yet, with what that changes. */
function changes(incident: Incident): readonly Option[] {
  const { procedure: _, ...service } = incident;
  const isSecret = incident.procedure === 'security';
  const type: Option = isSecret
    ? { value: 'service', says: `no security incident: ${stepsChange(incident, service)}` }
    : {
        value: 'security',
        says: `possible unauthorized access: ${stepsChange(incident, { ...incident, procedure: 'security' })}`,
      };
  const others = severities.filter((severity) => severity !== incident.severity);
  return [
    ...others.map(
      (severity): Option => ({
        value: severityName(severity),
        says: `${checklistFor(severity).title}: ${stepsChange(incident, { ...incident, severity })}`,
      }),
    ),
    type,
  ];
}

/** Asks for the reason; what changes is said before. */
export function askType(type: IncidentType, incident: Incident): Intent {
  const says = changes(incident).find(({ value }) => value === type)?.says ?? '';
  return form(
    `Make it a ${type} incident`,
    [why(type === 'security' ? 'possible unauthorized access' : '')],
    ({ why: reason = '' }) => needed(reason, { do: 'type', type, why: reason }),
    says,
  );
}

export function askSeverity(state: State): Intent {
  const { severity, because } = suggestionOf(state);
  const suggests = severity === undefined ? because : `suggested ${severityName(severity)}: ${because}`;
  return form(
    'Change the severity or the type',
    [
      {
        name: 'severity',
        ask: 'severity or type',
        kind: 'choice',
        hint: ({ incident }) => incident && `now ${severityName(incident.severity)}`,
        help: 'The severity decides the checklist, who is told, and how often updates are due.',
        value: severity && severity !== state.incident?.severity ? severityName(severity) : '',
        choices: ({ incident }) => (incident ? changes(incident) : []),
      },
      why(severity && severity !== state.incident?.severity ? because : ''),
    ],
    ({ severity: chosen = '', why: reason = '' }) => {
      const found = severities.find(
        (one) => severityName(one) === chosen.trim().toUpperCase() || String(one) === chosen.trim(),
      );
      if (found) return needed(reason, { do: 'severity', severity: found, why: reason });
      const type = incidentTypes.find((one) => one === chosen.trim().toLowerCase());
      return type ? needed(reason, { do: 'type', type, why: reason }) : 'enter SEV1 to SEV4, security or service';
    },
    suggests,
  );
}

export const askReopen = (): Intent =>
  form('Reopen. What came back?', [why()], ({ why: reason = '' }) => needed(reason, { do: 'reopen', why: reason }));

export function askRole(state: State): Intent {
  const people = () =>
    [
      ...new Set([
        state.incidentContext?.self.name ?? '',
        ...(state.incidentContext?.here ?? []).map((p) => p.name),
        ...(state.incident?.people ?? []),
      ]),
    ].filter(Boolean);
  return form(
    'Assign a role',
    [
      { name: 'role', ask: 'role', kind: 'choice', choices: () => roles },
      { name: 'person', ask: 'person', kind: 'choice', value: state.incidentContext?.self.name ?? '', choices: people },
    ],
    ({ role = '', person = '' }) => {
      const found = roles.find((one) => one === role.trim());
      if (!found) return `enter one of ${roles.join(', ')}`;
      const change = person === state.incidentContext?.self.name ? 'taken' : 'handed';
      return needed(person, { do: 'role', role: found, change, person }, 'a person is required');
    },
  );
}

/** A bare number counts minutes. */
function dueAt(text: string, now: Instant): Instant | undefined {
  const due = parseUntil(/^\d+$/.test(text.trim()) ? `${text.trim()}m` : text, now);
  return due === now ? undefined : due;
}

/** A reminder of the step goes when the step is done; one with a text of its own stays until it is dismissed. */
export const askReminder = (step: Step | undefined): Intent => {
  const ofStep = step?.waits?.for ?? step?.say ?? '';
  return form(
    'Remind',
    [
      { name: 'about', ask: 'remind of', kind: 'text', value: ofStep },
      {
        name: 'when',
        ask: 'when',
        kind: 'text',
        value: `${Math.round((step?.waits?.remind ?? 15 * minute) / minute)}m`,
        hint: () => futureForms,
        help: 'The header shows the reminder from then on, until you dismiss it or the step is done.',
        wrong: (text, { world }) =>
          dueAt(text, world.now) === undefined ? `not a time to come: enter ${futureForms}` : undefined,
        means: (text, { world }) => momentSays(dueAt(text, world.now), world.now),
      },
    ],
    ({ about = '', when = '' }, { world }) => {
      const due = dueAt(when, world.now);
      if (due === undefined) return `enter ${futureForms}`;
      return needed(
        about,
        { do: 'remind', about, in: due - world.now, step: step && about === ofStep ? step.id : undefined },
        'a text is required',
      );
    },
  );
};

/** Acting without a record needs a reason, which is recorded as soon as the journal can be written. */
export const askUnrecorded = (what: string): Intent =>
  form(
    'Allow actions without a record',
    [why()],
    ({ why: reason = '' }) => needed(reason, { do: 'allow-unrecorded', why: reason }),
    `The journal cannot be written: ${what}. Records stay in memory until it can be written again.`,
  );

/** Taking control changes who can act: confirmed and recorded. */
export function askControl(state: State): Intent {
  const { incidentContext, incident } = state;
  const there = incidentContext?.here.find((one) => one.session === incident?.control.session);
  const who = incident?.control.person ?? 'nobody';
  const isOwn = there !== undefined && there.session === incidentContext?.self.session;
  const control = incidentContext && incident && controlNow(incidentContext, incident);
  const isUnknown = there?.unheard === true || control?.state === 'unknown';
  const gone = control?.state === 'free' && control.isSilent ? 'does not answer' : 'is no longer connected';
  const reason = isOwn
    ? 'taken again'
    : isUnknown
      ? `the relay is away, ${who} may still be in control`
      : there
        ? `taken from ${who}`
        : `${who} ${gone}`;
  const before = isOwn
    ? 'This cockpit had lost control. You continue from the same step.'
    : isUnknown
      ? `${who} was in control. The relay is away: ${who} may still act. Call ${who} first.`
      : there
        ? `${who} is in control and connected from ${there.host}. Their cockpit becomes read-only.`
        : `${who} was in control and ${gone}. You continue from the same step.`;
  return {
    kind: 'confirm',
    ask: {
      title: 'Take control',
      lines: (_, columns) => [
        ...wrap(before, columns - 4).map((part) => line('  ', isUnknown && !isOwn ? span(part, 'warning') : part)),
        ...wrap(
          'Only the person in control can work the checklist and run actions. The journal records this.',
          columns - 4,
        ).map((part) => line('  ', dim(part))),
      ],
      accept: { by: 'key', word: 'take control' },
      accepted: () => [send({ do: 'control', why: reason })],
    },
  };
}

export const addProcedure = (procedure: ProcedureId): Intent => send({ do: 'procedure', procedure, change: 'added' });
