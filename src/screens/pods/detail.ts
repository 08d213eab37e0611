import { evaluatePod } from '../../core/health/pods.ts';
import type { PodDetail } from '../../core/queries/pod-detail.ts';
import { type Query, queryReading } from '../../core/queries/query.ts';
import { formatAge, formatInstant } from '../../core/text/format.ts';
import type { Instant } from '../../core/time.ts';
import type { Pod } from '../../core/world/facts.ts';
import { newest } from '../../core/world/reading.ts';
import type { Place, State } from '../../store.ts';
import { noEvents } from '../nodes/detail.ts';
import type { Row, Screen } from '../screen.ts';
import { podKeys } from '../terminal/pod-keys.ts';
import { descriptionList } from '../toolkit/description-list.ts';
import { bold, dim, type Line, line, mark, span, wrap } from '../toolkit/line.ts';
import { missingRows } from '../toolkit/missing.ts';
import { ageSays, trouble } from '../toolkit/reading-status.ts';
import { gone } from '../toolkit/text-view.ts';
import { podConditionRows } from './conditions.ts';
import { containerRows } from './containers.ts';
import { eventRows } from './events.ts';
import { podSays } from './pane.ts';

/** By its uid, as lists open it; or by its name. */
const podAt = (state: State, { of }: Place): Pod | undefined =>
  newest(state.world.readings.pods)?.value.find((p) => p.uid === of.pod || p.name === of.pod);

const askFor = (state: State, place: Place): Query<'pod'> | undefined => {
  const pod = podAt(state, place);
  return pod && { kind: 'pod', pod: pod.name };
};

/** One pod: its watched state at once, and the rest of `kubectl describe` when it is loaded. */
export const podScreen: Screen = {
  id: 'pod',
  title: () => 'POD',
  keys: podKeys,
  queries: (place, state) => {
    const ask = askFor(state, place);
    return ask ? [ask] : [];
  },
  view(state, place, { columns }) {
    const { world, queries: looks } = state;
    const { now } = world;
    const pod = podAt(state, place);
    const ask = askFor(state, place);
    if (!pod || !ask) return gone('this pod');
    const watched = world.readings.pods;
    const reading = queryReading<'pod'>(looks, ask);
    const detail = newest(reading)?.value;
    const room = columns - 2;
    const problem = watched.state === 'lost' ? watched : reading;
    return {
      says: line(bold(pod.name), dim(`  ${pod.namespace}`)),
      right: ageSays(watched, now) ?? ageSays(reading, now) ?? [],
      head: [...(problem.state === 'lost' ? trouble(problem, 'kubernetes', now, room) : []), ...headOf(pod, now, room)],
      rows: detail ? rowsOf(pod, detail, now) : [ownerRow(pod)],
    };
  },
};

function headOf(pod: Pod, now: Instant, room: number): Line[] {
  const verdict = evaluatePod(pod, now);
  const late = pod.terminating && pod.endsBy !== undefined ? now - pod.endsBy : 0;
  const when = (at: number) => `${formatInstant(at)}, ${formatAge(now - at)} ago`;
  return descriptionList(
    [
      [
        'health',
        line(
          mark(verdict),
          span(` ${verdict}`, verdict),
          `  ${podSays(pod)}`,
          late > 0 ? span(`  ${formatAge(late)} overdue: node down or finalizer left`) : undefined,
        ),
      ],
      ['message', messageSays(pod, room)],
      [
        'restarts',
        `${pod.restarts}${pod.lastRestartAt ? `, last ${when(pod.lastRestartAt)}` : ''}${pod.exitCode === undefined ? '' : `, exit code ${exitSays(pod.exitCode)}`}`,
      ],
      ['created', when(pod.createdAt)],
    ],
    room,
  );
}

/** Two lines of it; its events have the rest. */
function messageSays({ message }: Pod, room: number): string | undefined {
  const lines = message ? wrap(message, room - 10) : [];
  return lines.length > 2 ? `${lines.slice(0, 2).join(' ').slice(0, -1)}…` : message;
}

function rowsOf(pod: Pod, detail: PodDetail, now: Instant): Row[] {
  return [
    ...containerRows(detail, now),
    ownerRow(pod, detail),
    nodeRow(pod, detail),
    ...podConditionRows(detail.conditions, now),
    ...missingRows(detail.missing),
    ...eventRows(detail.events, now),
    ...(detail.events.length === 0 && !detail.missing.some(({ part }) => part === 'events') ? [noEvents] : []),
  ];
}

function ownerRow(pod: Pod, detail?: PodDetail): Row {
  const { owner, serviceAccount, qos, ip } = detail ?? {};
  const rest = [owner, qos && `QoS ${qos}`, ip, serviceAccount && `account ${serviceAccount}`].filter(Boolean);
  return {
    id: 'owner',
    text: `deployment ${pod.app} ${rest.join(' ')}`,
    draw: () => [line(dim('  owner '), pod.app || owner || 'none', dim(`  ${rest.join(', ')}`))],
    opens: pod.app ? ({ kind: 'open', screen: 'deployment', of: { deployment: pod.app } } as const) : undefined,
    copies: { text: pod.app || pod.name, what: 'the deployment' },
  };
}

function nodeRow(pod: Pod, { node }: PodDetail): Row {
  const says = node
    ? node.problems.length > 0
      ? line(mark('critical'), ` node ${node.name}  `, span(node.problems.join(', '), 'critical'))
      : line(mark('ok'), ` node ${node.name}  `, dim(`ready, ${node.version}`))
    : line(dim('  node '), pod.node || 'none: not scheduled yet');
  return {
    id: 'node',
    text: `node ${pod.node} ${node?.problems.join(' ') ?? ''}`,
    draw: () => [says],
    opens: pod.node ? ({ kind: 'open', screen: 'node', of: { node: pod.node } } as const) : undefined,
    copies: { text: pod.node, what: 'the node' },
  };
}

/** The usual meaning of an exit code. */
function exitSays(code: number): string {
  if (code === 137) return '137: killed (out of memory, or a failing probe)';
  if (code === 143) return '143: terminated (SIGTERM)';
  if (code === 139) return '139: segmentation fault';
  return String(code);
}
