// The keys of the incident's screen.

import { isAdmitted } from '../../core/incident/authority.ts';
import { isInControl } from '../../core/incident/context.ts';
import { isOngoing } from '../../core/incident/incident.ts';
import { canLines, canText, handoff } from '../../runbook/messages.ts';
import type { Intent, State } from '../../store.ts';
import type { Binding, Here } from '../screen.ts';
import { line, wrap } from '../toolkit/line.ts';
import { acceptIntents, acceptsNothing } from './accept.ts';
import { notAdmitted } from './admission.ts';
import { askControl, askReminder, askSeverity, askSkip, decideIntents, onward, send } from './asking.ts';
import { endingKeys } from './ending-keys.ts';
import { moveOf, stepOf } from './next-line.ts';
import { notDriving, offerBindings, onlyObserves, stepHere } from './offers.ts';
import { askOpening, cannotOpen } from './opening.ts';

/** Whether the screen offers to open an incident: there is none, or the last one ended. */
export function isOpening({ state: { incident }, place }: Pick<Here, 'state' | 'place'>): boolean {
  return !incident || (!isOngoing(incident) && place.of.fresh === 'yes');
}

export const isOpen = ({ incident }: State): boolean => incident !== undefined && isOngoing(incident);

const onStep = (here: Here): string | undefined =>
  notDriving(here) ?? (stepHere(here) ? undefined : 'no step is selected');

/** A second press does not finish a step twice. */
function finishedHere(here: Here): string | undefined {
  const mark = here.state.incident?.steps[stepHere(here)?.id ?? '']?.mark;
  return mark === 'done' || mark === 'skipped' ? `already ${mark}; u reopens it` : undefined;
}

export const incidentKeys: readonly Binding[] = [
  {
    id: 'step-done',
    keys: ['space'],
    title: 'done',
    about: 'mark the step as done, or record its decision',
    footer: 11,
    silent: true,
    unless: (here) => onStep(here) ?? finishedHere(here),
    run: (here) => {
      const step = stepHere(here);
      if (!step) return [];
      if (step.decision) return decideIntents(step, here.state);
      return [send({ do: 'step', step: step.id, mark: 'done' }), onward(step, here.state)];
    },
  },
  {
    id: 'step-accept',
    keys: ['*'],
    title: 'accept',
    about: 'mark every step from here whose check passes as done, up to the first that needs you',
    footer: 16,
    silent: true,
    unless: (here) => onStep(here) ?? acceptsNothing(here),
    run: acceptIntents,
  },
  {
    id: 'next-step',
    keys: ['.'],
    title: 'next step',
    about: 'go to the step of the next move',
    silent: true,
    unless: ({ state, row }) => {
      const step = stepOf(moveOf(state));
      if (!step) return 'the next move is no step; the line above the footer says it';
      return step.id === row?.id ? 'this is the step of the next move' : undefined;
    },
    run: ({ state }) => {
      const step = stepOf(moveOf(state));
      return step
        ? [
            { kind: 'filter', text: '', filtering: false },
            { kind: 'select', row: step.id },
          ]
        : [];
    },
  },
  {
    id: 'step-skip',
    keys: ['s'],
    title: 'skip',
    about: 'skip the step, with a reason',
    footer: 12,
    silent: true,
    unless: (here) => onStep(here) ?? finishedHere(here),
    run: (here) => {
      const step = stepHere(here);
      return step ? [askSkip(step)] : [];
    },
  },
  ...offerBindings('offer', notDriving),
  {
    id: 'step-reopen',
    keys: ['u'],
    title: 'reopen',
    about: 'reopen the step',
    silent: true,
    unless: (here) =>
      onStep(here) ?? (here.state.incident?.steps[stepHere(here)?.id ?? ''] ? undefined : 'the step is open'),
    run: (here) => {
      const step = stepHere(here);
      return step ? [send({ do: 'step', step: step.id, mark: 'reopened' })] : [];
    },
  },
  {
    id: 'step-more',
    keys: ['o'],
    title: 'go to',
    about: 'open the screen with more about the step',
    silent: true,
    unless: (here) => (stepHere(here)?.goes ? undefined : 'the step has no related screen'),
    run: (here) => {
      const goes = stepHere(here)?.goes;
      if (!goes) return [];
      const of = goes.of?.(here.state.world) ?? {};
      return [{ kind: 'open', screen: goes.screen, of, filter: goes.filter }];
    },
  },
  {
    id: 'remind',
    keys: ['e'],
    title: 'remind',
    about: 'set a reminder for the step, or for something else',
    silent: true,
    unless: notDriving,
    run: (here) => [askReminder(stepHere(here))],
  },
  {
    id: 'reminded',
    keys: ['E'],
    title: 'dismiss',
    about: 'dismiss the reminder that is due',
    unless: (here) => notDriving(here) ?? (dueReminder(here.state) ? undefined : 'no reminder is due'),
    run: ({ state }) => {
      const due = dueReminder(state);
      return due ? [send({ do: 'reminded', about: due.about })] : [];
    },
  },
  {
    id: 'acknowledge-incident',
    keys: ['A'],
    title: 'acknowledge',
    also: 'ack',
    about: 'acknowledge the incident: stops its acknowledgement clock; sends nothing to PagerDuty',
    unless: ({ state }) => {
      const { incident } = state;
      if (!incident) return 'no incident is open';
      return (
        onlyObserves(state) ??
        (incident.acknowledged ? `already acknowledged by ${incident.acknowledged.by}` : undefined)
      );
    },
    run: () => [send({ do: 'acknowledge' })],
  },
  {
    id: 'messages',
    keys: ['m'],
    title: 'messages',
    about: 'send to PagerDuty and Slack: acknowledge, notify, update, resolve',
    silent: true,
    footer: 15,
    unless: ({ state }) => (state.incident ? undefined : 'no incident is open'),
    run: () => [{ kind: 'open', screen: 'notify' }],
  },
  {
    id: 'severity',
    keys: ['v'],
    title: 'severity',
    about: 'change the severity, with a reason; progress is kept. Without an incident: open one with a severity',
    silent: true,
    footer: 20,
    unless: (here) => (isOpening(here) ? cannotOpen(here.state) : notDriving(here)),
    run: (here) => [isOpening(here) ? askOpening(here.state) : askSeverity(here.state)],
  },
  {
    id: 'timeline',
    keys: ['t'],
    title: 'timeline',
    about: 'show what happened, live',
    silent: true,
    footer: 21,
    unless: ({ state }) => (state.incident ? undefined : 'no incident is open'),
    run: () => [{ kind: 'open', screen: 'timeline' }],
  },
  {
    id: 'can-report',
    keys: ['c'],
    title: 'CAN',
    also: 'can status report conditions actions needs',
    about: 'CAN report (conditions, actions, needs), to copy or send',
    unless: ({ state }) => (state.incident ? undefined : 'no incident is open'),
    run: ({ state }) => (state.incident ? canIntents(state) : []),
  },
  {
    id: 'update-given',
    keys: ['C'],
    title: 'update given',
    also: 'told by phone',
    about: 'record an update given by voice or by hand; the next is due in 30 minutes',
    unless: notDriving,
    run: ({ state }) => (state.incident ? [send({ do: 'update', text: canText(state.incident, state.world) })] : []),
  },
  {
    id: 'handoff',
    keys: ['b'],
    title: 'brief',
    also: 'handoff handover hand over shift',
    about: 'show and copy the handoff brief: state, tried, pending, who knows',
    unless: ({ state }) => (state.incident ? undefined : 'no incident is open'),
    run: ({ state }) => handoffIntents(state),
  },
  {
    id: 'report',
    keys: ['B'],
    title: 'report',
    about: 'read the report: impact, actions, metrics, timeline; > writes it to a file',
    unless: ({ state }) => (state.incident ? undefined : 'no incident is open'),
    run: () => [{ kind: 'open', screen: 'report' }],
  },
  {
    id: 'people',
    keys: ['p'],
    title: 'people',
    about: 'show who is connected, who is in control, and the roles',
    run: () => [{ kind: 'open', screen: 'people' }],
  },
  {
    id: 'procedures',
    keys: ['P'],
    title: 'procedures',
    about: 'list all checklists of the runbook; space adds one to the incident',
    run: () => [{ kind: 'open', screen: 'procedures' }],
  },
  {
    id: 'control',
    keys: ['W'],
    title: 'control',
    also: 'take control lead command',
    about: 'take control of this incident',
    unless: ({ state }) => {
      if (!state.incident || !state.incidentContext) return 'no incident is open';
      const { incident, incidentContext } = state;
      if (!isAdmitted(incident, incidentContext.self)) return onlyObserves(state) ?? notAdmitted(state, incident);
      return onlyObserves(state) ?? (isInControl(incidentContext, incident) ? 'you are in control already' : undefined);
    },
    run: ({ state }) => [askControl(state)],
  },
  ...endingKeys,
];

function dueReminder({ incident, world }: State) {
  return incident?.reminders.filter((one) => one.due <= world.now).toSorted((a, b) => a.due - b.due)[0];
}

/** Shows the CAN report, copies it, and records that an update was given when it is taken along. */
function canIntents(state: State): readonly Intent[] {
  const { incident, world } = state;
  if (!incident) return [];
  const report = canLines(incident, world);
  return [
    { kind: 'copy', text: report.join('\n'), what: 'the CAN report' },
    {
      kind: 'details',
      title: 'CAN report (copied; m sends it)',
      lines: (now, columns) =>
        (now.incident ? canLines(now.incident, now.world) : report).flatMap((part) => [
          ...wrap(part, columns - 4).map((row) => line('  ', row)),
          [],
        ]),
    },
  ];
}

function handoffIntents(state: State): readonly Intent[] {
  const { incident, world } = state;
  if (!incident) return [];
  return [
    { kind: 'copy', text: handoff(incident, world).join('\n'), what: 'the handoff brief' },
    {
      kind: 'details',
      title: 'Handoff brief (copied)',
      lines: (now, columns) =>
        (now.incident ? handoff(now.incident, now.world) : []).flatMap((text) =>
          wrap(text.trimStart(), columns - 6).map((row) => line(text.startsWith(' ') ? '    ' : '  ', row)),
        ),
    },
  ];
}
