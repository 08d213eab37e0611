// One node, as `kubectl describe node` tells it: the node itself, and beside it, where that is allowed, its events and
// what metrics-server says of its use. Only the node must be there.

import type { NodeMetric, V1Node } from '@kubernetes/client-node';
import type { Missing } from '../../core/queries/missing.ts';
import type { NodeDetail, Room } from '../../core/queries/node-detail.ts';
import { nodeProblems } from '../../core/queries/pod-detail.ts';
import { quantityOf } from '../../core/text/quantity.ts';
import { type Ms, second } from '../../core/time.ts';
import type { Result } from '../source.ts';
import { type ApiObject, instant, items, words } from './api-object.ts';
import type { Connection } from './connection.ts';
import { eventsAbout } from './events.ts';
import { conditionsOf } from './pod-query.ts';

const within: Ms = 5 * second;
/** A node has no namespace; its events are written to this one. */
export const eventsNamespace = 'default';

type WireNode = ApiObject<V1Node>;
type Usage = ApiObject<Pick<NodeMetric, 'usage'>>;

/** Queries a node by its name. */
export async function queryNode(
  connection: Connection,
  name: string,
  signal: AbortSignal,
): Promise<Result<NodeDetail>> {
  const opened = await connection.open();
  if (!opened.ok) return opened;
  const cluster = opened.value;
  const path = `/nodes/${encodeURIComponent(name)}`;
  const found = await cluster.get<WireNode>({ path: `/api/v1${path}`, timeout: within, signal, to: 'get nodes' });
  if (!found.ok) return found;
  const [events, usage] = await Promise.all([
    // The kubelet writes the node's name where its uid should be: only the name finds all.
    eventsAbout(cluster, eventsNamespace, { name, kind: 'Node' }, signal),
    cluster.get<Usage>({
      path: `/apis/metrics.k8s.io/v1beta1${path}`,
      timeout: within,
      signal,
      to: 'get nodes.metrics.k8s.io',
    }),
  ]);
  const missing: Missing[] = [
    ...(events.ok ? [] : [{ part: 'events' as const, why: events.fault.what }]),
    ...(usage.ok
      ? []
      : [{ part: 'use' as const, why: usage.fault.code === '404' ? 'no data in metrics-server' : usage.fault.what }]),
  ];
  const detail = toNodeDetail(found.value, usage.ok ? usage.value : {});
  return { ok: true, value: { ...detail, events: events.ok ? events.value : [], missing } };
}

/** The node's own part of it. */
export function toNodeDetail(
  { metadata, spec, status }: WireNode,
  { usage }: Usage = {},
): Omit<NodeDetail, 'events' | 'missing'> {
  const conditions = conditionsOf(status?.conditions);
  const createdAt = instant(metadata?.creationTimestamp);
  const ip = words(items(status?.addresses).find(({ type }) => type === 'InternalIP')?.address, 60);
  const system = [words(status?.nodeInfo?.osImage, 60), words(status?.nodeInfo?.architecture, 20)].filter(Boolean);
  const room = (what: string, use?: unknown): Room => {
    const [capacity, allocatable, used] = [
      quantityOf(status?.capacity?.[what]),
      quantityOf(status?.allocatable?.[what]),
      quantityOf(use),
    ];
    return {
      capacity,
      allocatable,
      used,
    };
  };
  return {
    name: words(metadata?.name, 253) ?? '',
    conditions,
    problems: nodeProblems(conditions, spec?.unschedulable === true),
    version: words(status?.nodeInfo?.kubeletVersion, 40) ?? '',
    createdAt,
    ip: ip || undefined,
    system: system.length > 0 ? system.join(', ') : undefined,
    cpu: room('cpu', usage?.cpu),
    memory: room('memory', usage?.memory),
    pods: room('pods'),
    taints: items(spec?.taints).map(({ key, value, effect, timeAdded }) => {
      const since = instant(timeAdded);
      const says = `${key ?? ''}${value ? `=${value}` : ''}:${effect ?? ''}`;
      return { says: words(says, 200) ?? '', since };
    }),
  };
}
