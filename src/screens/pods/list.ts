// Every pod, with everything that fits.

import { allPodCounts } from '../../core/health/pod-groups.ts';
import { evaluatePod } from '../../core/health/pods.ts';
import { type HealthStatus, healthStatuses } from '../../core/health/status.ts';
import { memoizeEach } from '../../core/memoize-each.ts';
import { shortAge } from '../../core/text/format.ts';
import { type Instant, second } from '../../core/time.ts';
import type { Pod } from '../../core/world/facts.ts';
import { isStale, newest } from '../../core/world/reading.ts';
import type { Intent } from '../../store.ts';
import type { Row, Screen } from '../screen.ts';
import { podKeys } from '../terminal/pod-keys.ts';
import { columnsOf, dim, faded, type Line, line, mark, span } from '../toolkit/line.ts';
import { memoize } from '../toolkit/memoize.ts';
import { ageSays, trouble } from '../toolkit/reading-status.ts';
import { type Column, table } from '../toolkit/table.ts';
import { noneThere, podSays } from './pane.ts';

type WorldHealth = { p: Pod; verdict: HealthStatus; rank: number };

const orders: readonly (readonly [string, (a: WorldHealth, b: WorldHealth) => number])[] = [
  ['health', (a, b) => b.rank - a.rank || b.p.restarts - a.p.restarts || byName(a, b)],
  ['name', byName],
  ['restarts', (a, b) => b.p.restarts - a.p.restarts || byName(a, b)],
  ['age', (a, b) => b.p.createdAt - a.p.createdAt || byName(a, b)],
  ['node', (a, b) => compare(a.p.node, b.p.node) || byName(a, b)],
];

function byName(a: WorldHealth, b: WorldHealth): number {
  return compare(a.p.name, b.p.name);
}

function compare(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}

/** What came where when it was last sorted. Begun from there, a sort of what hardly changed is one pass. */
const places = orders.map(() => new Map<string, number>());

/** Sorted once per list and order; a young pod's verdict changes with time, so every ten seconds again. */
const ordered = memoize((pods: readonly Pod[], sort: number, now: Instant): readonly WorldHealth[] => {
  const before = places[sort];
  const known: (WorldHealth | undefined)[] = new Array(before?.size ?? 0).fill(undefined);
  const others: WorldHealth[] = [];
  for (const p of pods) {
    const verdict = evaluatePod(p, now);
    const judged = { p, verdict, rank: healthStatuses.indexOf(verdict) };
    const at = before?.get(p.uid);
    if (at === undefined) others.push(judged);
    else known[at] = judged;
  }
  const sorted = [...known.filter((one) => one !== undefined), ...others].sort(orders[sort]?.[1]);
  before?.clear();
  for (const [at, { p }] of sorted.entries()) before?.set(p.uid, at);
  return sorted;
});

/** A node by the first part of its name. The pod's own screen has the full name. */
function nodeSays({ node }: Pod): string {
  return /^\d/.test(node) ? node : (node.split('.')[0] ?? node);
}

/** What the columns and the filter take from a pod: the same for as long as it is the same pod. */
const told = memoizeEach((p: Pod) => {
  const says = podSays(p);
  return {
    says,
    text: `${p.name} ${p.app} ${p.node} ${says}`,
    widths: {
      name: columnsOf(p.name),
      node: columnsOf(nodeSays(p)),
      says: columnsOf(says),
      image: columnsOf(withoutRegistry(p.image)),
      wholeImage: columnsOf(p.image),
    },
  };
});

const widths = memoize((pods: readonly Pod[]) => {
  const wide = { name: 12, node: 4, says: 8, image: 5, wholeImage: 5 };
  for (const p of pods) {
    const { name, node, says, image, wholeImage } = told(p).widths;
    if (name > wide.name) wide.name = name;
    if (node > wide.node) wide.node = node;
    if (says > wide.says) wide.says = says;
    if (image > wide.image) wide.image = image;
    if (wholeImage > wide.wholeImage) wide.wholeImage = wholeImage;
  }
  return {
    name: Math.min(48, wide.name),
    node: Math.min(40, wide.node),
    says: Math.min(28, wide.says),
    image: Math.min(48, wide.image),
    wholeImage: Math.min(90, wide.wholeImage),
  };
});

/** A row asks for its words when it is drawn or searched: of thousands, some thirty are. */
class PodRow implements Row {
  readonly #judged: WorldHealth;
  readonly #draw: (row: WorldHealth) => Line;

  constructor(judged: WorldHealth, draw: (row: WorldHealth) => Line) {
    this.#judged = judged;
    this.#draw = draw;
  }

  get id(): string {
    return `pod/${this.#judged.p.uid}`;
  }

  get text(): string {
    const { p, verdict } = this.#judged;
    return `${told(p).text} ${verdict} ${p.image}`;
  }

  draw(): readonly Line[] {
    return [this.#draw(this.#judged)];
  }

  get opens(): Intent {
    return { kind: 'open', screen: 'pod', of: { pod: this.#judged.p.uid } };
  }

  get copies(): { text: string; what: string } {
    const { name } = this.#judged.p;
    return { text: name, what: `pod ${name}` };
  }
}

const rowsOf = memoize(
  (all: readonly WorldHealth[], pods: readonly Pod[], now: Instant, columns: number, old: boolean) => {
    const { draw } = podTable(pods, now, columns);
    const row = old ? (judged: WorldHealth) => faded(draw(judged)) : draw;
    return all.map((judged): Row => new PodRow(judged, row));
  },
);

/** Without its registry where the column is too narrow for it: name and version are what differs. */
const imageSays = ({ image }: Pod, room: number) => (columnsOf(image) <= room ? image : withoutRegistry(image));
const withoutRegistry = (image: string) => image.slice(image.lastIndexOf('/') + 1);

function podTable(pods: readonly Pod[], now: Instant, columns: number) {
  const w = widths(pods);
  const all: Column<WorldHealth>[] = [
    { title: '', of: ({ verdict }) => mark(verdict), width: 1 },
    { title: 'pod', of: ({ p }) => p.name, width: Math.min(w.name, Math.max(16, columns - 35)), upTo: w.name },
    { title: 'health', of: ({ verdict }) => span(verdict, verdict), width: 8, spare: 5 },
    { title: 'ready', of: ({ p }) => `${p.containers.ready}/${p.containers.total}`, width: 5, align: 'right' },
    {
      title: 'state',
      of: ({ p, verdict }) => (verdict === 'ok' ? dim(told(p).says) : told(p).says),
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
    { title: 'image', of: ({ p }, room) => dim(imageSays(p, room)), width: w.image, upTo: w.wholeImage, spare: 6 },
  ];
  return table(all, columns);
}

const none: readonly Pod[] = [];

export const podsScreen: Screen = {
  id: 'pods',
  title: () => 'PODS',
  palette: 'pods',
  also: 'po deployments nodes events kubernetes k8s',
  sorts: orders.map(([name]) => name),
  keys: podKeys,
  view(state, place, { columns }) {
    const { readings, scope, now } = state.world;
    const pods = newest(readings.pods)?.value ?? none;
    const room = columns - 2;
    const all = ordered(pods, place.sort % orders.length, Math.floor(now / (10 * second)) * 10 * second);
    const { ready, total } = allPodCounts(pods);
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
