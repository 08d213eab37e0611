// The tour of the drill: one line on every frame that names the next key, from the first look to mitigation. Each step is
// over when the state shows that it was done, whatever key did it.
import { checkOf } from '../../core/incident/checklist.ts';
import { type Ms, second } from '../../core/time.ts';
import { activeChecklists, knownOf } from '../../runbook/messages.ts';
import type { CockpitStore, State } from '../../store.ts';
import { here } from '../../store.ts';
import type { Entry } from '../screen.ts';
import { bold, dim, firstFitting, type Line, line, lineWidth, span } from '../toolkit/line.ts';

type Hint = {
  /** The key to press now; absent while an answer is awaited. */
  key?: string;
  /** What it does here, longest first: the first that fits is shown. */
  says: readonly string[];
};

type TourStep = {
  /** The next key, by what is open now. */
  next(state: State): Hint;
  done(state: State): boolean;
};

const hint = (key: string | undefined, ...says: readonly string[]): Hint => ({ key, says });

const overlayOf = ({ ui }: State) => ui.overlay.kind;
const screenIs = (state: State, id: string) => here(state).screen === id;
const isOpen = (state: State) => state.ui.stack.length > 1;
/** The plan was seen to its end, or there is no plan to read. */
const isRead = ({ ui: { overlay } }: State) =>
  overlay.kind !== 'confirm' || overlay.read?.to === Number.POSITIVE_INFINITY;
const runs = (state: State) => Object.values(state.runs);

/** Closes what is open first: the key of the step works on the screen only. */
const onScreen =
  (...of: Parameters<typeof hint>) =>
  (state: State): Hint =>
    overlayOf(state) === 'none' ? hint(...of) : hint('esc', 'closes this; then the tour goes on');

const isPlanned = (state: State) => runs(state).some(({ phase }) => phase === 'planned');
const isWaiting = (state: State) => runs(state).some(({ phase }) => phase !== 'planned' && phase !== 'done');

/** From the incident to the plan of an action. */
function choosing(state: State): Hint {
  if (isWaiting(state)) return hint(undefined, 'wait …');
  if (overlayOf(state) === 'form') return answering(state);
  if (screenIs(state, 'act'))
    return hint('enter', 'chooses an action and shows its plan; nothing runs yet', 'chooses an action');
  return onScreen('a', 'lists the actions', 'lists the actions')(state);
}

/** A form that asks which object an action changes. */
function answering({ ui: { overlay } }: State): Hint {
  const enter = hint('enter', 'answers and goes on to the plan; nothing runs yet', 'goes on');
  if (overlay.kind !== 'form') return enter;
  const asked = overlay.form.fields[overlay.at];
  const isAnswered = asked?.optional || overlay.chosen >= 0 || (overlay.values[asked?.name ?? ''] ?? '') !== '';
  return isAnswered ? enter : hint('↓', 'chooses an answer; you can type one, too', 'chooses an answer');
}

/** The messages of an incident are recorded as under way within this after its opening. */
const messagesBegin: Ms = 3 * second;

/** `*` once the first step passes, which needs the messages; a person marks it where they were not wanted, or failed. */
function marking(state: State): Hint {
  const { incident, world } = state;
  const first = incident && activeChecklists(incident)[0]?.steps[0];
  if (first && checkOf(first, world, knownOf(incident))?.state === 'pass')
    return onScreen('*', 'marks the steps whose checks pass; space marks one', 'marks passing steps')(state);
  const isSending = incident?.messages.some(({ delivery }) => delivery === 'sending');
  if (!incident || isSending || world.now - incident.openedAt < messagesBegin)
    return hint(undefined, 'wait: the messages are being sent …', 'wait …');
  return onScreen('space', 'marks the step done; * marks all whose checks pass', 'marks the step done')(state);
}

export const tourSteps: readonly TourStep[] = [
  {
    next: onScreen('2', 'goes to the PODS pane; 1 to 5 choose a pane, red ● is broken', 'goes to the PODS pane'),
    done: (state) => here(state).pane === 'pods',
  },
  { next: onScreen('enter', 'opens the selected row; j and k move', 'opens the row'), done: isOpen },
  { next: onScreen('esc', 'goes back, from everywhere', 'goes back'), done: (state) => !isOpen(state) },
  {
    next: onScreen('?', 'shows the keys of the current screen', 'shows the keys'),
    done: (state) => overlayOf(state) === 'help',
  },
  {
    next: onScreen(':', 'finds any command by name', 'finds commands'),
    done: (state) => overlayOf(state) === 'palette',
  },
  {
    next: (state) =>
      overlayOf(state) === 'switches'
        ? hint('y', 'takes the incident: does what is switched on, and sends what you read here', 'takes it')
        : screenIs(state, 'incident')
          ? hint('enter', 'takes the suggested severity; nothing is sent yet', 'takes the suggestion')
          : onScreen('i', 'opens an incident', 'opens an incident')(state),
    done: ({ incident }) => incident !== undefined,
  },
  {
    next: marking,
    done: ({ incident }) => Object.keys(incident?.steps ?? {}).length > 0,
  },
  { next: (state) => choosing(state), done: isPlanned },
  {
    next: (state) =>
      overlayOf(state) === 'form' && screenIs(state, 'run')
        ? hint('enter', 'arms production for 15 minutes, with this reason', 'arms production')
        : isWaiting(state) || !isPlanned(state)
          ? choosing(state)
          : state.arming.state === 'read-only'
            ? hint('a', 'arms production; read the plan before. enter alone never confirms', 'arms production')
            : isRead(state)
              ? hint('y', 'confirms what you read, and runs it', 'confirms')
              : hint('space', 'scrolls the plan: nothing is confirmed before its end was seen', 'scrolls the plan'),
    done: (state) => runs(state).some(({ phase, startedAt }) => phase === 'done' && startedAt !== undefined),
  },
  {
    next: (state) =>
      overlayOf(state) === 'form'
        ? hint('enter', 'reviews what fixed it', 'reviews it')
        : overlayOf(state) === 'switches'
          ? hint('y', 'records what fixed it, and posts what is on', 'records it')
          : screenIs(state, 'incident')
            ? onScreen('M', 'marks the incident mitigated', 'mitigated')(state)
            : onScreen('i', 'opens the incident again', 'opens the incident')(state),
    done: ({ incident }) => incident?.mitigatedAt !== undefined,
  },
  {
    next: (state) =>
      isOpen(state)
        ? onScreen('esc', 'goes back; q on the first screen quits and deletes the drill', 'goes back')(state)
        : onScreen('q', 'quits and deletes the drill. That was the tour', 'quits')(state),
    done: () => false,
  },
];

/** The rule below the header, with the current step of the tour; `undefined` when there is no tour. */
export function tourRule(state: State, columns: number): Line | undefined {
  const { tour } = state.ui;
  const step = tour === undefined ? undefined : tourSteps[tour];
  if (tour === undefined || !step) return undefined;
  const { key, says } = step.next(state);
  const head = line(
    dim('── '),
    bold(`tour ${tour + 1}/${tourSteps.length}`),
    '  ',
    key === undefined ? undefined : line(span(key, 'key'), ' '),
  );
  const said = firstFitting(columns - 2, ...says.map((words) => line(head, words)), head);
  return line(said, ' ', dim('─'.repeat(Math.max(0, columns - lineWidth(said) - 1))));
}

/** Goes to the next step when the current one is done. A step that was done early is passed when its turn comes. */
export function followTour(store: CockpitStore): () => void {
  return store.subscribe((state) => {
    const { tour } = state.ui;
    if (tour === undefined || !tourSteps[tour]?.done(state)) return;
    store.setState({ ...state, ui: { ...state.ui, tour: tour + 1 } }, true);
  });
}

export function tourEntries({ ui: { tour } }: State): readonly Entry[] {
  if (tour === undefined) return [];
  const next = Math.min(tour + 1, tourSteps.length - 1);
  return [
    {
      id: 'tour/skip',
      title: 'tour: skip this step',
      about: 'go to the next step of the tour',
      run: [{ kind: 'tour', step: next }],
    },
    { id: 'tour/end', title: 'tour: end', about: 'hide the tour', run: [{ kind: 'tour' }] },
  ];
}
