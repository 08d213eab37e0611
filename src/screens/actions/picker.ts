// Every action, those for the selected row first; unavailable ones are dim, with the reason.
import { actions } from '../../actions/index.ts';
import type { Action, Target } from '../../core/actions/action.ts';
import type { Intent, Place, State } from '../../store.ts';
import type { Binding, Row, Screen } from '../screen.ts';
import { markerIn } from '../shell/reducer.ts';
import { dim, type Line, line, span, wrap } from '../toolkit/line.ts';
import { matching } from '../toolkit/list.ts';
import { offer, whyNot } from './offer.ts';

/** The fields of a target that an action uses. */
function fitting(action: Action, target: Target): Target {
  return Object.fromEntries(Object.entries(target).filter(([name]) => action.fields.some((f) => f.name === name)));
}

const open: Binding = {
  id: 'begin-action',
  keys: ['enter', 'right'],
  instead: ['enter'],
  title: 'choose',
  about: 'fill in missing fields, check, show the plan',
  footer: 1,
  unless: ({ row }) => (row ? undefined : 'no action is selected'),
  run: ({ state, place, row }): readonly Intent[] => {
    const action = actions.find((one) => one.id === row?.id);
    return action ? offer(state, action.id, fitting(action, place.of)) : [];
  },
};

/** What the marked action does, or why not now: always of the same height, so that nothing jumps. */
function aboutMarked(state: State, place: Place, rows: readonly Row[], columns: number): Line[] {
  const shown = matching(rows, place.filter);
  const action = actions.find((one) => one.id === shown[markerIn(place, shown)]?.id);
  if (!action) return [];
  const why = whyNot(state, action, fitting(action, place.of));
  const says = why === undefined ? action.about.does : `not now: ${why}`;
  const [first = '', second = ''] = wrap(says, columns);
  return [[], line(first), line(second)];
}

const risks = { reversible: 'reversible', data: 'changes data', irreversible: 'irreversible' } as const;

export const pickerScreen: Screen = {
  id: 'act',
  fullWidth: true,
  title: ({ of: { action: _, ...target } }) => ['ACTIONS', ...Object.values(target)].join('  '),
  palette: 'actions',
  view(state, place, { columns }) {
    // The requested action first, then those that fit the selected row best.
    const rank = (action: Action) =>
      action.id === place.of.action ? Number.POSITIVE_INFINITY : Object.keys(fitting(action, place.of)).length;
    const sorted = [...actions].sort((a, b) => rank(b) - rank(a));
    // If it does not fit beside each action, it is shown below for the selected one.
    const aside = columns >= 120;
    const rows = sorted.map((action): Row => {
      const why = whyNot(state, action, fitting(action, place.of));
      const text = `${action.title} ${action.id} ${action.about.runbook}`;
      const risk = risks[action.risk];
      return {
        id: action.id,
        text,
        draw: () => [
          why === undefined
            ? line(
                action.title.padEnd(42),
                span(risk.padEnd(14), action.risk === 'irreversible' ? 'warning' : 'dim'),
                aside ? dim(action.about.does) : undefined,
              )
            : line(dim(action.title.padEnd(42)), dim(aside ? why : 'not now')),
        ],
      };
    });
    return { rows, foot: aside ? [] : aboutMarked(state, place, rows, columns - 2) };
  },
  keys: [open],
};
