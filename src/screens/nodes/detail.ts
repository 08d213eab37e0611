// One node: health, capacity, the pods of this namespace, and its events.
import { evaluatePod } from '../../core/health/pods.ts';
import type { NodeDetail, Room } from '../../core/queries/node-detail.ts';
import { highUse } from '../../core/queries/pod-detail.ts';
import { type Query, queryReading } from '../../core/queries/query.ts';
import { formatAge, formatBytes, formatInstant, formatPercent } from '../../core/text/format.ts';
import type { Instant } from '../../core/time.ts';
import type { Pod } from '../../core/world/facts.ts';
import { newest } from '../../core/world/reading.ts';
import type { Place } from '../../store.ts';
import { nodeConditionRows } from '../pods/conditions.ts';
import { eventRows } from '../pods/events.ts';
import { podSays } from '../pods/pane.ts';
import type { Row, Screen } from '../screen.ts';
import { podKeys } from '../terminal/pod-keys.ts';
import { descriptionList } from '../toolkit/description-list.ts';
import { bold, dim, type Line, line, mark, span } from '../toolkit/line.ts';
import { missingRows } from '../toolkit/missing.ts';
import { ageSays, trouble } from '../toolkit/reading-status.ts';

const askFor = ({ of }: Place): Query<'node'> => ({ kind: 'node', node: of.node ?? '' });

/** One node, as `kubectl describe node` tells it; opened from a pod. */
export const nodeScreen: Screen = {
  id: 'node',
  title: () => 'NODE',
  keys: podKeys,
  queries: (place) => [askFor(place)],
  view({ world, queries: looks }, place, { columns }) {
    const { now } = world;
    const reading = queryReading<'node'>(looks, askFor(place));
    const node = newest(reading)?.value;
    const room = columns - 2;
    const ours = (newest(world.readings.pods)?.value ?? []).filter((p) => p.node === place.of.node);
    return {
      says: line(bold(place.of.node ?? '')),
      right: ageSays(reading, now) ?? [],
      head: [
        ...(reading.state === 'lost' ? trouble(reading, 'kubernetes', now, room) : []),
        ...(node ? headOf(node, ours, now, room) : []),
      ],
      // Our pods come from their own watch, also without permission for nodes.
      rows: [
        ...(node ? nodeConditionRows(node.conditions, now) : []),
        ...podRows(ours, now),
        ...(node ? [...missingRows(node.missing), ...eventRows(node.events, now), ...silence(node)] : []),
      ],
      empty: reading.state === 'pending' ? [] : [line(dim('no pods of this namespace run here'))],
    };
  },
};

function headOf(node: NodeDetail, ours: readonly Pod[], now: Instant, room: number): Line[] {
  const since = (at: Instant | undefined) => (at === undefined ? '' : `, ${formatAge(now - at)} ago`);
  return descriptionList(
    [
      [
        'health',
        node.problems.length > 0
          ? line(mark('critical'), span(` ${node.problems.join(', ')}`, 'critical'))
          : line(mark('ok'), ' ready'),
      ],
      ...node.taints.map(({ says, since: at }) => ['taint', line(mark('warning'), ` ${says}${since(at)}`)] as const),
      ['memory', roomSays(node.memory, formatBytes)],
      ['cpu', roomSays(node.cpu, (n) => String(Number(n.toFixed(2))))],
      [
        'pods',
        `${ours.length} of this namespace${node.pods.allocatable === undefined ? '' : `, ${node.pods.allocatable} allocatable`}`,
      ],
      ['kubelet', [node.version, node.system, node.ip].filter(Boolean).join(', ')],
      [
        'created',
        node.createdAt === undefined ? undefined : `${formatInstant(node.createdAt)}${since(node.createdAt)}`,
      ],
    ],
    room,
  );
}

/** `12.0 GB of 31.0 GB (39 %), 32.0 GB in all`. */
function roomSays({ capacity, allocatable, used }: Room, say: (n: number) => string): Line | undefined {
  if (capacity === undefined && allocatable === undefined) return undefined;
  const most = allocatable ?? capacity ?? 0;
  const share = used === undefined || most === 0 ? undefined : used / most;
  return line(
    share === undefined || used === undefined
      ? dim('usage unknown, ')
      : span(`${say(used)} (${formatPercent(share * 100)}) `, share >= highUse ? 'warning' : 'plain'),
    `of ${say(most)} allocatable`,
    capacity === undefined ? undefined : dim(`, ${say(capacity)} capacity`),
  );
}

/** The troubled ones first. */
function podRows(pods: readonly Pod[], now: Instant): Row[] {
  const order = ['critical', 'warning', 'unknown', 'ok'];
  const ranked = pods.toSorted((a, b) => order.indexOf(evaluatePod(a, now)) - order.indexOf(evaluatePod(b, now)));
  return ranked.map(
    (pod): Row => ({
      id: `pod/${pod.uid}`,
      text: `pod ${pod.name} ${pod.reason ?? ''}`,
      draw: () => [line(mark(evaluatePod(pod, now)), ` ${pod.name}  `, dim(podSays(pod)))],
      opens: { kind: 'open', screen: 'pod', of: { pod: pod.uid } },
      copies: { text: pod.name, what: 'the pod’s name' },
    }),
  );
}

function silence({ events, missing }: NodeDetail): Row[] {
  if (events.length > 0 || missing.some(({ part }) => part === 'events')) return [];
  return [noEvents];
}

/** The API server's own setting limits how long events are kept. */
export const noEvents: Row = {
  id: 'no-events',
  text: '',
  draw: () => [line(dim('  no events (the API server keeps them for a limited time)'))],
};
