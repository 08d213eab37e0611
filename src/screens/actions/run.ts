// One run: its plan, output and outcome.
import { findAction } from '../../actions/index.ts';
import { wordOf } from '../../core/actions/plan-text.ts';
import type { Run } from '../../core/actions/run.ts';
import { isUnderWay } from '../../core/actions/run.ts';
import { script } from '../../core/text/script.ts';
import type { Intent, Place, State } from '../../store.ts';
import type { Binding, Here, Row, Screen } from '../screen.ts';
import { dim, line, textOf } from '../toolkit/line.ts';
import { runLines } from './lines.ts';
import { confirmAgain, offer } from './offer.ts';

const runOf = (state: State, place: Place): Run | undefined => state.runs[place.of.run ?? ''];

const stopping = (run: Run): readonly Intent[] => [
  {
    kind: 'confirm',
    ask: {
      title: 'Stop this run?',
      lines: () => [
        line(`  ${run.performed} of ${run.calls.length} calls done.`),
        line('  The running call is cancelled. Completed calls are not undone.'),
        line(dim('  An uncommitted transaction is rolled back.')),
      ],
      accept: { by: 'key', word: 'stop' },
      accepted: () => [{ kind: 'send', command: { kind: 'run', run: run.id, what: { do: 'cancel' } } }],
    },
  },
];

const next = (at: number) => ({
  titleFor: ({ state, place }: Here) => {
    const suggestion = runOf(state, place)?.next[at];
    if (suggestion && 'command' in suggestion) return 'copy next';
    return suggestion && (suggestion.undo ? 'undo' : wordOf(suggestion.action));
  },
  unless: ({ state, place }: Here) => (runOf(state, place)?.next[at] ? undefined : 'no next step yet'),
  run: ({ state, place }: Here): readonly Intent[] => {
    const suggestion = runOf(state, place)?.next[at];
    if (!suggestion) return [];
    if ('command' in suggestion) return [{ kind: 'copy', text: suggestion.command, what: 'the command' }];
    return offer(state, suggestion.action, suggestion.target);
  },
});

const keys: readonly Binding[] = [
  {
    id: 'confirm-run',
    keys: ['c'],
    title: 'confirm',
    about: 'confirm the plan',
    footer: 1,
    unless: ({ state, place }) =>
      runOf(state, place)?.phase === 'planned' ? undefined : 'no plan waits for confirmation',
    run: ({ state, place }) => {
      const run = runOf(state, place);
      return run ? confirmAgain(run, state.own) : [];
    },
  },
  {
    id: 'next-action',
    keys: ['n'],
    instead: ['note'],
    title: 'next',
    about: 'plan the next step, or the undo, that stands below the outcome; copy it where it is a command',
    footer: 2,
    ...next(0),
  },
  { id: 'second-next-action', keys: ['N'], title: 'next', about: 'plan the second one', ...next(1) },
  {
    id: 'stop-run',
    keys: ['x'],
    title: 'stop',
    about: 'discard the plan, or stop the run',
    footer: 3,
    unless: ({ state, place }) => (runOf(state, place)?.phase === 'done' ? 'the run has ended' : undefined),
    run: ({ state, place }) => {
      const run = runOf(state, place);
      if (!run) return [];
      if (isUnderWay(run)) return stopping(run);
      return [{ kind: 'send', command: { kind: 'run', run: run.id, what: { do: 'cancel' } } }];
    },
  },
  {
    id: 'copy-calls',
    keys: ['y'],
    instead: ['copy'],
    title: 'copy',
    about: 'copy the commands to run them by hand',
    footer: 65,
    unless: ({ state, place }) => (runOf(state, place)?.calls.length ? undefined : 'no commands yet'),
    run: ({ state, place }) => [
      {
        kind: 'copy',
        text: script(
          (runOf(state, place)?.calls ?? []).map((call) => call.say),
          { inOrder: true },
        ),
        what: 'the commands',
      },
    ],
  },
  {
    id: 'forget-output',
    keys: ['F'],
    title: 'clear output',
    about: 'clear the output from the screen; a new key is not stored',
    unless: ({ state, place }) => (runOf(state, place)?.output.length ? undefined : 'there is no output'),
    run: ({ place }) => [{ kind: 'send', command: { kind: 'run', run: place.of.run ?? '', what: { do: 'forget' } } }],
  },
];

export const runScreen: Screen = {
  id: 'run',
  title: (place, state) => runOf(state, place)?.title ?? 'looking',
  view(state, place, { columns }) {
    const run = runOf(state, place);
    const rows = runLines(run, state, columns - 1).map(
      (each, at): Row => ({ id: String(at), text: textOf(each), draw: () => [each] }),
    );
    const about = run && findAction(run.action, state.own)?.about.runbook;
    return { rows, selectable: false, says: about ? line(dim(`runbook: ${about}`)) : undefined };
  },
  keys,
};
