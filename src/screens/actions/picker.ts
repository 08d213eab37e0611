// Every action, those for the selected row first; unavailable ones are dim, with the reason.
import { allActions } from '../../actions/index.ts';
import type { Action, Target } from '../../core/actions/action.ts';
import type { Run } from '../../core/actions/run.ts';
import { remedyFor } from '../../runbook/remedies.ts';
import type { Remedy } from '../../runbook/remedy.ts';
import type { Intent, Place, State } from '../../store.ts';
import type { Binding, Row, Screen } from '../screen.ts';
import { markerIn } from '../shell/reducer.ts';
import { dim, type Line, line, span, wrap } from '../toolkit/line.ts';
import { matching } from '../toolkit/list.ts';
import { offer, whyNot } from './offer.ts';
import { remediesOf } from './remedies.ts';

/** The fields of a target that an action uses. */
function fitting(action: Action, target: Target): Target {
  return Object.fromEntries(Object.entries(target).filter(([name]) => action.fields.some((f) => f.name === name)));
}

/** What the evidence points to, where it is this action on what the list was opened for. */
function remedyHere(state: State, { of }: Place, action: Action): Remedy | undefined {
  const { action: _, ...target } = of;
  const own = fitting(action, target);
  const isElsewhere = Object.keys(target).length > 0 && Object.keys(own).length === 0;
  return isElsewhere ? undefined : remedyFor(remediesOf(state), action.id, own);
}

/** With its target, where the evidence points to one: `Roll back api-gateway to revision 41`. */
const titleOf = (action: Action, remedy: Remedy | undefined): string =>
  remedy ? `${remedy.title.charAt(0).toUpperCase()}${remedy.title.slice(1)}` : action.title;

const open: Binding = {
  id: 'begin-action',
  keys: ['enter', 'right'],
  instead: ['enter'],
  title: 'choose',
  about: 'fill in missing fields, check, show the plan',
  footer: 1,
  unless: ({ row }) => (row ? undefined : 'no action is selected'),
  run: ({ state, place, row }): readonly Intent[] => {
    const action = allActions(state.own).find((one) => one.id === row?.id);
    if (!action) return [];
    const remedy = remedyHere(state, place, action);
    return offer(state, action.id, { ...remedy?.target, ...fitting(action, place.of) }, remedy && (remedy.fills ?? {}));
  },
};

/** What the marked action does, or why not now: always of the same height, so that nothing jumps. */
function aboutMarked(state: State, place: Place, rows: readonly Row[], columns: number): Line[] {
  const shown = matching(rows, place.filter);
  const action = allActions(state.own).find((one) => one.id === shown[markerIn(place, shown)]?.id);
  if (!action) return [];
  const why = whyNot(state, action, fitting(action, place.of));
  const because = remedyHere(state, place, action)?.because;
  const does = because === undefined ? action.about.does : `${action.about.does}; now because ${because}`;
  const says = why === undefined ? does : `not now: ${why}`;
  const [first = '', second = ''] = wrap(says, columns);
  return [[], line(first), line(second)];
}

const hasWorked = ({ phase, outcome }: Run): boolean => phase === 'done' && outcome === 'verified';

const risks = { reversible: 'reversible', data: 'changes data', irreversible: 'irreversible' } as const;

export const pickerScreen: Screen = {
  id: 'act',
  fullWidth: true,
  title: ({ of: { action: _, ...target } }) => ['ACTIONS', ...Object.values(target)].join('  '),
  palette: 'actions',
  view(state, place, { columns }) {
    // The requested action first, then what the evidence points to, then those that fit the selected row best.
    const pointed = remediesOf(state);
    const rank = (action: Action) => {
      if (action.id === place.of.action) return Number.POSITIVE_INFINITY;
      const remedy = remedyHere(state, place, action);
      const fits = Object.keys(fitting(action, place.of)).length;
      return remedy ? fits + 1 - pointed.indexOf(remedy) / pointed.length / 2 : fits;
    };
    const sorted = [...allActions(state.own)].sort((a, b) => rank(b) - rank(a));
    // If it does not fit beside each action, it is shown below for the selected one.
    const aside = columns >= 120;
    const rows = sorted.map((action): Row => {
      const why = whyNot(state, action, fitting(action, place.of));
      const remedy = remedyHere(state, place, action);
      const because = remedy?.because;
      const title = titleOf(action, remedy);
      const text = `${title} ${action.title} ${action.id} ${action.about.runbook}`;
      const isDone = !remedy && Object.values(state.runs).some((run) => run.action === action.id && hasWorked(run));
      const risk = risks[action.risk];
      return {
        id: action.id,
        text,
        isDone,
        draw: () => [
          why === undefined
            ? line(
                title.padEnd(42),
                span(risk.padEnd(14), action.risk === 'irreversible' ? 'warning' : 'dim'),
                aside ? (because === undefined ? dim(action.about.does) : line('because ', because)) : undefined,
              )
            : line(dim(title.padEnd(42)), dim(aside ? why : 'not now')),
        ],
      };
    });
    return { rows, foot: aside ? [] : aboutMarked(state, place, rows, columns - 2) };
  },
  keys: [open],
};
