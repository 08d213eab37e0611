// The keys of the incident's screen.
import { drives } from '../../core/incident/context.ts';
import { canLines, canText, handoff } from '../../runbook/messages.ts';
import type { Intent, State } from '../../store.ts';
import type { Binding, Here } from '../screen.ts';
import { line, wrap } from '../toolkit/line.ts';
import { askControl, askDecision, askEnding, askReminder, askSeverity, askSkip, send } from './asking.ts';
import { notDriving, offerIntents, onlyObserves, stepHere } from './offers.ts';
import { askOpening } from './opening.ts';
import { offerKeys } from './steps.ts';

/** Whether the screen offers to open an incident: none is there, or a new one is wanted after one that is resolved. */
export function isOpening({ state: { incident }, place }: Pick<Here, 'state' | 'place'>): boolean {
  return !incident || (incident.resolvedAt !== undefined && place.of.fresh === 'yes');
}

export const isOpen = ({ incident }: State): boolean => incident !== undefined && incident.resolvedAt === undefined;

const onStep = (here: Here): string | undefined =>
  notDriving(here) ?? (stepHere(here) ? undefined : 'no step is selected');

/** What is finished is not finished again by a second press. */
function finishedHere(here: Here): string | undefined {
  const mark = here.state.incident?.steps[stepHere(here)?.id ?? '']?.mark;
  return mark === 'done' || mark === 'skipped' ? `it is ${mark} already: u reopens it` : undefined;
}

const offers: readonly Binding[] = offerKeys.map((key, at) => ({
  id: `offer-${at + 1}`,
  keys: [key],
  title: 'do it',
  titleFor: (here: Here) => stepHere(here)?.offers?.[at]?.title,
  about: `the ${['first', 'second', 'third', 'fourth'][at]} action of the step`,
  silent: true,
  ...(at === 0 ? { footer: 14 } : {}),
  unless: (here: Here) => (stepHere(here)?.offers?.[at] ? notDriving(here) : 'the step offers none'),
  run: (here: Here) => {
    const offer = stepHere(here)?.offers?.[at];
    return offer ? offerIntents(offer, here.state) : [];
  },
}));

export const incidentKeys: readonly Binding[] = [
  {
    id: 'step-done',
    keys: ['space'],
    title: 'done',
    about: 'the step is done; a decision is asked for',
    footer: 11,
    silent: true,
    unless: (here) => onStep(here) ?? finishedHere(here),
    run: (here) => {
      const step = stepHere(here);
      if (!step) return [];
      if (step.decision) return [askDecision(step, here.state)];
      return [send({ do: 'step', step: step.id, mark: 'done' }), { kind: 'move', to: 'next' }];
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
  ...offers,
  {
    id: 'step-reopen',
    keys: ['u'],
    title: 'reopen',
    about: 'the step is open again',
    silent: true,
    unless: (here) => onStep(here) ?? (here.state.incident?.steps[stepHere(here)?.id ?? ''] ? undefined : 'it is open'),
    run: (here) => {
      const step = stepHere(here);
      return step ? [send({ do: 'step', step: step.id, mark: 'reopened' })] : [];
    },
  },
  {
    id: 'step-more',
    keys: ['o'],
    title: 'look there',
    about: 'where more about the step is to be seen',
    silent: true,
    unless: (here) => (stepHere(here)?.goes ? undefined : 'the step names no other place'),
    run: (here) => {
      const goes = stepHere(here)?.goes;
      if (!goes) return [];
      const of = goes.of?.(here.state.world) ?? {};
      return [{ kind: 'open', screen: goes.screen, of, ...(goes.filter ? { filter: goes.filter } : {}) }];
    },
  },
  {
    id: 'remind',
    keys: ['e'],
    title: 'remind',
    about: 'be reminded of the step, or of anything',
    silent: true,
    unless: notDriving,
    run: (here) => [askReminder(stepHere(here))],
  },
  {
    id: 'reminded',
    keys: ['E'],
    title: 'reminder seen',
    about: 'takes away the reminder that is due',
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
    about: 'you have it: stops the clock to acknowledgement, without a message to PagerDuty',
    unless: ({ state }) => {
      const { incident } = state;
      if (!incident) return 'no incident is open';
      return onlyObserves(state) ?? (incident.acknowledged ? `${incident.acknowledged.by} has it already` : undefined);
    },
    run: () => [send({ do: 'acknowledge' })],
  },
  {
    id: 'messages',
    keys: ['m'],
    title: 'messages',
    about: 'acknowledge, notify, update, resolve: PagerDuty and Slack',
    silent: true,
    footer: 15,
    unless: ({ state }) => (state.incident ? undefined : 'no incident is open'),
    run: () => [{ kind: 'open', screen: 'notify' }],
  },
  {
    id: 'severity',
    keys: ['v'],
    title: 'severity',
    about: 'change the severity, with a reason; all progress stays; before: open an incident of a severity',
    silent: true,
    footer: 20,
    unless: (here) => (isOpening(here) ? onlyObserves(here.state) : notDriving(here)),
    run: (here) => [isOpening(here) ? askOpening(here.state) : askSeverity(here.state)],
  },
  {
    id: 'timeline',
    keys: ['t'],
    title: 'timeline',
    about: 'what happened, as it happens',
    silent: true,
    footer: 21,
    unless: ({ state }) => (state.incident ? undefined : 'no incident is open'),
    run: () => [{ kind: 'open', screen: 'timeline' }],
  },
  {
    id: 'can-report',
    keys: ['c'],
    title: 'CAN',
    about: 'conditions, actions, needs: a report from what is known, to copy or to send',
    unless: ({ state }) => (state.incident ? undefined : 'no incident is open'),
    run: ({ state }) => (state.incident ? canIntents(state) : []),
  },
  {
    id: 'update-given',
    keys: ['C'],
    title: 'update given',
    about: 'an update was given by voice or by hand: the next is due in half an hour',
    unless: notDriving,
    run: ({ state }) => (state.incident ? [send({ do: 'update', text: canText(state.incident, state.world) })] : []),
  },
  {
    id: 'handoff',
    keys: ['b'],
    title: 'brief',
    about: 'the handoff brief: state, tried, pending, who knows; copied too',
    unless: ({ state }) => (state.incident ? undefined : 'no incident is open'),
    run: ({ state }) => handoffIntents(state),
  },
  {
    id: 'people',
    keys: ['p'],
    title: 'people',
    about: 'who is here, who drives, who has which role',
    run: () => [{ kind: 'open', screen: 'people' }],
  },
  {
    id: 'procedures',
    keys: ['P'],
    title: 'procedures',
    about: 'every checklist of the runbook; space adds one to the incident',
    run: () => [{ kind: 'open', screen: 'procedures' }],
  },
  {
    id: 'wheel',
    keys: ['W'],
    title: 'wheel',
    about: 'take the wheel: drive this incident',
    unless: ({ state }) => {
      if (!state.incident || !state.incidentContext) return 'no incident is open';
      return onlyObserves(state) ?? (drives(state.incidentContext, state.incident) ? 'you drive already' : undefined);
    },
    run: ({ state }) => [askControl(state)],
  },
  {
    id: 'mitigate',
    keys: ['M'],
    title: 'mitigated',
    about: 'people can work again: stops the clock to mitigation',
    unless: (here) =>
      notDriving(here) ?? (here.state.incident?.mitigatedAt === undefined ? undefined : 'it is mitigated already'),
    run: () => [askEnding('mitigate')],
  },
  {
    id: 'resolve',
    keys: ['X'],
    title: 'resolve',
    about: 'the incident is over',
    unless: notDriving,
    run: () => [askEnding('resolve')],
  },
  {
    id: 'reopen',
    keys: ['O'],
    title: 'reopen',
    about: 'the incident is not over after all',
    unless: ({ state }) =>
      onlyObserves(state) ?? (state.incident?.resolvedAt === undefined ? 'the incident is open' : undefined),
    run: () => [askEnding('reopen')],
  },
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
