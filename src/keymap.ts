// The one key table. The footer, the help, the palette and docs/keys.md derive from it.
import { isUnderWay } from './core/actions/run.ts';
import { actBinding, preserveBinding } from './screens/actions/palette.ts';
import { paneIds } from './screens/cockpit/panes.ts';
import { incidentBinding, noteBinding } from './screens/incident/palette.ts';
import { logsBinding } from './screens/logs/palette.ts';
import { ownBindings } from './screens/own/palette.ts';
import type { Binding, Here, List, Screen } from './screens/screen.ts';
import { line } from './screens/toolkit/line.ts';
import type { Intent, State } from './store.ts';

const only =
  (...intents: readonly Intent[]) =>
  () =>
    intents;

/** Quitting asks first while an action runs: it would stop half-way. */
function quitting({ runs }: State): readonly Intent[] {
  const quit: Intent = { kind: 'terminal', do: 'quit' };
  const busy = Object.values(runs).filter(isUnderWay);
  if (busy.length === 0) return [quit];
  const lines = busy.map((run) => line(`  ${run.title}: ${run.performed} of ${run.calls.length} calls done`));
  const about = line('  Quitting stops the running call and its verification. The journal records the outcome.');
  return [
    {
      kind: 'confirm',
      ask: {
        title: 'Quit while an action runs?',
        lines: () => [...lines, about],
        accept: { by: 'key', word: 'quit' },
        accepted: () => [quit],
      },
    },
  ];
}

const move = (to: Extract<Intent, { kind: 'move' }>['to']) => only({ kind: 'move', to });

/** A text to read has nothing to leave out; nor has a list without rows. */
function canFilter(list: List | undefined): boolean {
  return !list || (list.selectable && list.rows.length > 0) || list.rows.some((row) => row.text);
}

/** In every list. */
export const listBindings: readonly Binding[] = [
  { id: 'next', keys: ['j', 'down'], title: 'down', about: 'move one row down', silent: true, run: move('next') },
  { id: 'previous', keys: ['k', 'up'], title: 'up', about: 'move one row up', silent: true, run: move('previous') },
  { id: 'first', keys: ['g', 'home'], title: 'first', about: 'go to the first row', silent: true, run: move('first') },
  { id: 'last', keys: ['G', 'end'], title: 'last', about: 'go to the last row', silent: true, run: move('last') },
  {
    id: 'half-down',
    keys: ['ctrl-d'],
    title: 'half down',
    about: 'scroll half a page down',
    silent: true,
    run: move('half-down'),
  },
  {
    id: 'half-up',
    keys: ['ctrl-u'],
    title: 'half up',
    about: 'scroll half a page up',
    silent: true,
    run: move('half-up'),
  },
  {
    id: 'page-down',
    keys: ['pagedown', 'ctrl-f'],
    title: 'page down',
    about: 'scroll one page down',
    silent: true,
    run: move('page-down'),
  },
  {
    id: 'page-up',
    keys: ['pageup', 'ctrl-b'],
    title: 'page up',
    about: 'scroll one page up',
    silent: true,
    run: move('page-up'),
  },
  {
    id: 'enter',
    keys: ['enter', 'right'],
    title: 'open',
    about: 'open the selected row or pane',
    footer: 10,
    silent: true,
    unless: ({ row, place, list }) =>
      row?.opens || place.pane ? undefined : row ? 'no details available' : (list?.unmarked ?? 'no row is selected'),
    // Where nothing is marked yet, the pane itself.
    run: ({ row, place }) => (row?.opens ? [row.opens] : place.pane ? [{ kind: 'open', screen: place.pane }] : []),
  },
  {
    id: 'filter',
    keys: ['/'],
    title: 'filter',
    about: 'show only rows that contain the text you type',
    footer: 60,
    withRows: true,
    unless: ({ place, list }) => (place.pane || place.filter || canFilter(list) ? undefined : 'no rows to filter'),
    run: ({ place }) =>
      place.pane
        ? [
            { kind: 'open', screen: place.pane },
            { kind: 'filter', text: '', filtering: true },
          ]
        : [{ kind: 'filter', text: place.filter, filtering: true }],
  },
];

/** The pane `by` places after the focused one, wrapping around. */
function paneBeside({ ui }: State, by: 1 | -1): string {
  const at = Math.max(0, paneIds.indexOf(ui.stack[0].pane ?? ''));
  return paneIds[(at + by + paneIds.length) % paneIds.length] ?? '';
}

/** Everywhere but in text fields and overlays. */
export const globalBindings: readonly Binding[] = [
  ...paneIds.map(
    (pane, at): Binding => ({
      id: `pane-${pane}`,
      keys: [String(at + 1)],
      title: `${pane} pane`,
      about: `go to the ${pane} pane`,
      silent: true,
      run: only({ kind: 'home', pane }),
    }),
  ),
  {
    id: 'next-pane',
    keys: ['tab'],
    title: 'pane',
    about: 'go to the next pane',
    silent: true,
    run: ({ state }) => [{ kind: 'home', pane: paneBeside(state, 1) }],
  },
  {
    id: 'previous-pane',
    keys: ['shift-tab'],
    title: 'pane back',
    about: 'go to the previous pane',
    silent: true,
    run: ({ state }) => [{ kind: 'home', pane: paneBeside(state, -1) }],
  },
  {
    id: 'back',
    keys: ['esc', 'left'],
    title: 'back',
    about: 'go back one level; position and filter are kept',
    footer: 80,
    silent: true,
    unless: ({ state, place }) =>
      state.ui.stack.length === 1 && !place.filter ? 'this is the top level; q quits' : undefined,
    run: only({ kind: 'back' }),
  },
  {
    id: 'war-room',
    leadsTo: 'war-room',
    keys: ['w'],
    title: 'war room',
    about: 'show the most important facts in large letters, for a wall screen',
    also: 'wall big',
    footer: 70,
    run: ({ place }) => [place.screen === 'war-room' ? { kind: 'back' } : { kind: 'open', screen: 'war-room' }],
  },
  actBinding,
  logsBinding,
  incidentBinding,
  noteBinding,
  preserveBinding,
  {
    id: 'palette',
    keys: [':', 'ctrl-k'],
    title: 'commands',
    brief: '',
    about: 'find a command or a screen by name',
    footer: 90,
    silent: true,
    run: only({ kind: 'palette' }),
  },
  {
    id: 'help',
    keys: ['?'],
    title: 'help',
    about: 'show the keys of this screen',
    also: 'shortcuts',
    footer: 91,
    run: only({ kind: 'help' }),
  },
  {
    id: 'copy',
    keys: ['y'],
    title: 'copy',
    about: 'copy the selected row to the clipboard',
    footer: 65,
    withRows: true,
    unless: ({ row }) => (row ? undefined : 'no row is selected'),
    run: ({ row }) =>
      row ? [{ kind: 'copy', text: row.copies?.text ?? row.id, what: row.copies?.what ?? row.id }] : [],
  },
  {
    id: 'refresh',
    keys: ['R'],
    title: 'refresh',
    about: 'query all backends now',
    also: 'reload',
    run: only(
      { kind: 'send', command: { kind: 'refresh' } },
      { kind: 'notice', says: 'querying all backends now', verdict: 'ok' },
    ),
  },
  {
    id: 'mouse',
    keys: ['ctrl-t'],
    title: 'mouse',
    about: 'turn the mouse on or off; while it is on, shift-drag selects text (macOS: option-drag)',
    also: 'click wheel scroll select text',
    run: ({ state }) => [
      { kind: 'mouse', on: !state.ui.mouse },
      {
        kind: 'notice',
        says: state.ui.mouse ? 'mouse off' : 'mouse on; shift-drag selects text (macOS: option-drag)',
        verdict: 'ok',
      },
    ],
  },
  {
    id: 'redraw',
    keys: ['ctrl-l'],
    title: 'redraw',
    about: 'redraw the whole screen',
    run: only({ kind: 'terminal', do: 'redraw' }),
  },
  {
    id: 'suspend',
    keys: ['ctrl-z'],
    title: 'suspend',
    about: 'suspend to the shell; fg returns',
    run: only({ kind: 'terminal', do: 'suspend' }),
  },
  {
    id: 'quit',
    keys: ['q', 'ctrl-c'],
    title: 'quit',
    about: 'quit the cockpit; asks first while an action runs',
    also: 'exit q! qa',
    run: ({ state }) => quitting(state),
  },
];

const orders: Binding = {
  id: 'sort',
  keys: ['s'],
  title: 'sort',
  about: 'change the sort order',
  footer: 62,
  run: only({ kind: 'sort' }),
};

/** What works on every screen of its kind: its order of rows, the list, everywhere. */
export function generalBindings(screen: Screen): readonly Binding[] {
  // What lays itself out has nothing to filter; the cockpit's panes are filtered zoomed.
  const inList = listBindings.filter((b) => b.id !== 'filter' || !screen.draw || screen.id === 'cockpit');
  return [...(screen.sorts ? [orders] : []), ...inList, ...globalBindings];
}

/**
 * Everything that works on a screen: its own keys, and the general ones that they do not stand in for (`instead`). Two
 * that clash fail a test by name. `at`: only what holds there.
 */
export function bindingsOf(screen: Screen, at?: Pick<Here, 'state' | 'place'>): readonly Binding[] {
  const own = (screen.keys ?? []).filter((b) => !at || !b.when || b.when(at));
  const replaced = new Set(own.flatMap((b) => b.instead ?? []));
  // The user's commands come last: they take no key of ours.
  const users = at ? ownBindings(screen.id, at.state) : [];
  return [...own, ...generalBindings(screen).filter((b) => !replaced.has(b.id)), ...users];
}
