// One run: what it does, says and found.
import { actionById } from '../../actions/index.ts';
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
      title: 'Stop it?',
      lines: () => [
        line(`  ${run.performed} of ${run.calls.length} calls are done.`),
        line('  What was begun is asked to stop; what is done is not undone.'),
        line(dim('  A transaction that is not committed is rolled back.')),
      ],
      accept: { by: 'key', word: 'stop' },
      accepted: () => [{ kind: 'send', command: { kind: 'run', run: run.id, what: { do: 'cancel' } } }],
    },
  },
];

const next = (at: number) => ({
  unless: ({ state, place }: Here) => (runOf(state, place)?.next[at] ? undefined : 'nothing comes next yet'),
  run: ({ state, place }: Here) => {
    const suggestion = runOf(state, place)?.next[at];
    return suggestion ? offer(state, suggestion.action, suggestion.target) : [];
  },
});

const keys: readonly Binding[] = [
  {
    id: 'confirm-run',
    keys: ['c'],
    title: 'confirm',
    about: 'confirm what was planned',
    footer: 1,
    unless: ({ state, place }) => (runOf(state, place)?.phase === 'planned' ? undefined : 'nothing waits for it'),
    run: ({ state, place }) => {
      const run = runOf(state, place);
      return run ? confirmAgain(run) : [];
    },
  },
  {
    id: 'next-action',
    keys: ['n'],
    instead: ['note'],
    title: 'next',
    about: 'what comes next: the way back, or the next step',
    footer: 2,
    ...next(0),
  },
  { id: 'second-next-action', keys: ['N'], title: 'next', about: 'the second of what comes next', ...next(1) },
  {
    id: 'stop-run',
    keys: ['x'],
    title: 'stop',
    about: 'cancel what is planned, or ask what runs to stop',
    footer: 3,
    unless: ({ state, place }) => (runOf(state, place)?.phase === 'done' ? 'it has ended' : undefined),
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
    about: 'copy the commands, to run them by hand',
    footer: 65,
    unless: ({ state, place }) => (runOf(state, place)?.calls.length ? undefined : 'there are no commands yet'),
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
    title: 'forget',
    about: 'clear what it said from the screen: a new key is not kept',
    unless: ({ state, place }) => (runOf(state, place)?.output.length ? undefined : 'it said nothing'),
    run: ({ place }) => [{ kind: 'send', command: { kind: 'run', run: place.of.run ?? '', what: { do: 'forget' } } }],
  },
];

export const runScreen: Screen = {
  id: 'run',
  title: (place, state) => runOf(state, place)?.title ?? 'looking',
  view(state, place, { columns }) {
    const run = runOf(state, place);
    const rows = runLines(run, state, columns).map(
      (each, at): Row => ({ id: String(at), text: textOf(each), draw: () => [each] }),
    );
    const about = run && actionById[run.action].about.runbook;
    return { rows, selectable: false, ...(about ? { says: line(dim(`runbook: ${about}`)) } : {}) };
  },
  keys,
};
