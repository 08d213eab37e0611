// The plan of the statement that a session runs: planned again, not executed.
import { type Query, queryReading } from '../../core/queries/query.ts';
import { isLargeScan, type PlanNode, type StatementPlan } from '../../core/queries/statement-plan.ts';
import { formatAge, formatBytes, formatCount, formatCounted } from '../../core/text/format.ts';
import { newest } from '../../core/world/reading.ts';
import type { Place } from '../../store.ts';
import type { Binding, Row, Screen } from '../screen.ts';
import { bold, dim, type Line, line, mark, wrap } from '../toolkit/line.ts';
import { ageSays, trouble } from '../toolkit/reading-status.ts';
import { serverOf } from './counting.ts';

const askFor = (place: Place): Query<'statement-plan'> => ({
  kind: 'statement-plan',
  server: serverOf(place),
  pid: Number(place.of.pid ?? 0),
});

/** Lines of the statement above its plan. */
const mostText = 4;

export const planScreen: Screen = {
  id: 'plan',
  title: () => 'PLAN',
  queries: (place) => [askFor(place)],
  view({ world, queries }, place, { columns }) {
    const reading = queryReading<'statement-plan'>(queries, askFor(place));
    const { now } = world;
    const room = columns - 2;
    const plan = newest(reading)?.value;
    return {
      says: line(
        bold(`session ${place.of.pid ?? ''}`),
        dim(plan?.user ? `  ${plan.user}` : ''),
        dim(plan?.running === undefined || plan.none ? '' : `  running for ${formatAge(plan.running)}`),
      ),
      right: ageSays(reading, now) ?? [],
      head: [
        ...(reading.state === 'lost' ? trouble(reading, 'database', now, room) : []),
        ...(plan ? headOf(plan, room) : []),
      ],
      rows: (plan?.nodes ?? []).map((node, at) => rowOf(node, at, room)),
      empty: [],
      foot: plan?.more ? [line(dim('the plan has more nodes than are shown'))] : [],
    };
  },
};

function headOf({ text, none, generic, last }: StatementPlan, room: number): Line[] {
  const said = text === '' ? [] : wrap(text, room);
  const cut = said.length > mostText;
  return [
    ...said
      .slice(0, mostText)
      .map((part, at) => line(cut && at === mostText - 1 ? `${part.slice(0, room - 2)} …` : part)),
    ...(none
      ? [
          [],
          ...wrap(none.what, room - 2).map((part, at) => line(at === 0 ? mark('unknown') : ' ', ` ${part}`)),
          ...wrap(none.remedy, room - 2).map((part) => line('  ', dim(part))),
        ]
      : [...wrap(plannedSays(last, generic), room).map((part) => line(dim(part))), []]),
  ];
}

function plannedSays(last: boolean, generic: boolean): string {
  const what = last ? 'idle now: the plan of its last statement' : 'planned now';
  return `${what}${generic ? ', for any values of its parameters' : ''}, not executed; R plans again`;
}

function rowOf(node: PlanNode, at: number, room: number): Row {
  const indent = ' '.repeat(Math.min(node.depth * 2, Math.max(0, Math.floor(room / 3))));
  const large = isLargeScan(node, node.cost);
  const figures = `cost ${formatCount(node.cost)}, ${formatCounted(node.rows, 'row')} of ${formatBytes(node.width)}`;
  const below = node.details
    .flatMap((text) => wrap(text, room - indent.length - 4))
    .map((part) => line(`${indent}    `, dim(part)));
  return {
    id: String(at),
    text: `${node.type} ${node.on} ${node.details.join(' ')}`,
    height: below.length + 1,
    opens: { kind: 'details', title: node.type, lines: (_, wide) => nodeLines(node, figures, wide - 2) },
    draw: () => [
      line(indent, large ? mark('warning') : dim('→'), ` ${node.type} `, node.on, dim(`  ${figures}`)),
      ...below,
    ],
    copies: { text: `${node.type} ${node.on} (${figures})`, what: 'the node of the plan' },
  };
}

const nodeLines = (node: PlanNode, figures: string, columns: number): Line[] =>
  [`${node.type} ${node.on}`, figures, ...node.details].flatMap((text) =>
    wrap(text, columns).map((part) => line(part)),
  );

/** The plan of the selected row's session. */
export const planBinding: Binding = {
  id: 'plan',
  keys: ['e'],
  title: 'plan',
  about: 'show the plan of the statement that the session runs, without executing it',
  also: 'explain query plan',
  footer: 23,
  withRows: true,
  unless: ({ row }) => (pidOf(row) === undefined ? 'no session is selected' : undefined),
  run: ({ row, place }) => {
    const pid = pidOf(row);
    return pid === undefined ? [] : [{ kind: 'open', screen: 'plan', of: { server: serverOf(place), pid } }];
  },
};

/** The session of a row: what its actions act on, or what it is called. */
function pidOf(row: Row | undefined): string | undefined {
  const pid = row?.target?.pid ?? row?.id ?? '';
  return /^\d{1,10}$/.test(pid) ? pid : undefined;
}
