// Every pod, with everything that fits.
import { judgePod } from '../../core/assess.ts';
import type { Pod } from '../../core/facts.ts';
import { isStale, newest } from '../../core/reading.ts';
import { type Instant, second } from '../../core/time.ts';
import { type Verdict, verdicts } from '../../core/verdict.ts';
import { kept } from '../kept.ts';
import { dim, faded, line, mark, span } from '../line.ts';
import { noneThere, podCounts, podSays } from '../panes/pods.ts';
import { ageSays, shortAge, trouble, word } from '../parts.ts';
import type { Row, Screen } from '../screen.ts';
import { type Column, table, widest } from '../table.ts';

type Judged = { p: Pod; verdict: Verdict; text: string };

const rank = (j: Judged) => verdicts.indexOf(j.verdict);
const orders: readonly (readonly [string, (a: Judged, b: Judged) => number])[] = [
  ['verdict', (a, b) => rank(b) - rank(a) || b.p.restarts - a.p.restarts || byName(a, b)],
  ['name', byName],
  ['restarts', (a, b) => b.p.restarts - a.p.restarts || byName(a, b)],
  ['age', (a, b) => b.p.createdAt - a.p.createdAt || byName(a, b)],
  ['node', (a, b) => compare(a.p.node, b.p.node) || byName(a, b)],
];

function byName(a: Judged, b: Judged): number {
  return compare(a.p.name, b.p.name);
}

function compare(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}

/** Sorted once per list and order; a young pod's verdict changes with time, so every ten seconds again. */
const ordered = kept((pods: readonly Pod[], sort: number, now: Instant): readonly Judged[] => {
  const judged = pods.map((p) => {
    const verdict = judgePod(p, now);
    return { p, verdict, text: `${p.name} ${p.app} ${p.node} ${podSays(p)} ${word[verdict]} ${p.image}` };
  });
  return judged.sort(orders[sort]?.[1]);
});

/** A node by its first label: what tells nodes of one cluster apart. The pod's own screen has the whole name. */
function nodeSays({ node }: Pod): string {
  return /^\d/.test(node) ? node : (node.split('.')[0] ?? node);
}

const widths = kept((pods: readonly Pod[]) => ({
  name: widest(
    pods.map((p) => p.name),
    12,
    48,
  ),
  node: widest(pods.map(nodeSays), 4, 40),
  says: widest(pods.map(podSays), 8, 28),
}));

const rowsOf = kept((all: readonly Judged[], pods: readonly Pod[], now: Instant, columns: number, old: boolean) => {
  const { draw } = podTable(pods, now, columns);
  return all.map(
    (j): Row => ({
      id: `pod/${j.p.uid}`,
      text: j.text,
      draw: () => [old ? faded(draw(j)) : draw(j)],
      opens: { kind: 'open', screen: 'pod', of: { pod: j.p.uid } },
      copies: { text: j.p.name, what: `pod ${j.p.name}` },
    }),
  );
});

function podTable(pods: readonly Pod[], now: Instant, columns: number) {
  const w = widths(pods);
  const all: Column<Judged>[] = [
    { title: '', of: ({ verdict }) => mark(verdict), width: 1 },
    { title: 'pod', of: ({ p }) => p.name, width: Math.min(w.name, Math.max(16, columns - 35)), upTo: w.name },
    { title: 'verdict', of: ({ verdict }) => span(word[verdict], verdict), width: 8, spare: 5 },
    { title: 'ready', of: ({ p }) => `${p.containers.ready}/${p.containers.total}`, width: 5, align: 'right' },
    {
      title: 'state',
      of: ({ p, verdict }) => (verdict === 'ok' ? dim(podSays(p)) : podSays(p)),
      width: Math.min(16, w.says),
      upTo: w.says,
    },
    {
      title: 'restarts',
      of: ({ p }) => (p.restarts > 0 ? `↻${p.restarts}` : dim('–')),
      width: 8,
      align: 'right',
      spare: 1,
    },
    {
      title: 'last',
      of: ({ p }) => dim(p.lastRestartAt ? shortAge(now - p.lastRestartAt) : '–'),
      width: 4,
      align: 'right',
      spare: 4,
    },
    { title: 'age', of: ({ p }) => dim(shortAge(now - p.createdAt)), width: 4, align: 'right', spare: 2 },
    { title: 'node', of: ({ p }) => dim(nodeSays(p) || '–'), width: w.node, spare: 3 },
    { title: 'image', of: ({ p }) => dim(p.image), width: 20, upTo: 60, spare: 6 },
  ];
  return table(all, columns);
}

const none: readonly Pod[] = [];

export const podsScreen: Screen = {
  id: 'pods',
  title: () => 'PODS',
  palette: 'pods',
  also: 'po kubernetes k8s',
  sorts: orders.map(([name]) => name),
  view(state, place, { columns }) {
    const { readings, scope, now } = state.world;
    const pods = newest(readings.pods)?.value ?? none;
    const room = columns - 2;
    const all = ordered(pods, place.sort % orders.length, Math.floor(now / (10 * second)) * 10 * second);
    const { ready, total } = podCounts(pods);
    const old = readings.pods.state !== 'live' || isStale(readings.pods, now);
    return {
      says: line(dim(scope.namespace), `  ${ready}/${total} ready`),
      right: ageSays(readings.pods, now) ?? [],
      head: [...trouble(readings.pods, 'kubernetes', now, room), podTable(pods, now, room).head],
      rows: rowsOf(all, pods, now, room, old),
      empty: noneThere(readings, scope.namespace),
    };
  },
};
