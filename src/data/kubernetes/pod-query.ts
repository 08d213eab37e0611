// One pod, as `kubectl describe pod` tells it: the pod itself, and beside it, where that is allowed, its node, its
// events and what metrics-server says of its use. Only the pod must be there.

import type { PodMetric, V1Container, V1Node, V1Pod, V1PodCondition, V1Probe } from '@kubernetes/client-node';
import type { Missing } from '../../core/queries/missing.ts';
import type {
  Condition,
  ContainerDetail,
  ContainerState,
  NodeSummary,
  PodDetail,
} from '../../core/queries/pod-detail.ts';
import { nodeProblems } from '../../core/queries/pod-detail.ts';
import { quantityOf } from '../../core/text/quantity.ts';
import { type Ms, second } from '../../core/time.ts';
import type { Result } from '../source.ts';
import { type ApiObject, count, instant, items, words } from './api-object.ts';
import type { Cluster } from './client.ts';
import type { Connection } from './connection.ts';
import { eventsAbout } from './events.ts';
import { ownerOf } from './owner.ts';

const within: Ms = 5 * second;

type WirePod = ApiObject<V1Pod>;
type Usage = ApiObject<Pick<PodMetric, 'containers'>>;

/** Queries a pod by its name. */
export async function queryPod(connection: Connection, name: string, signal: AbortSignal): Promise<Result<PodDetail>> {
  const opened = await connection.open();
  if (!opened.ok) return opened;
  const cluster = opened.value;
  const { namespace } = connection.settings.kubernetes;
  const at = (group: string) => `${group}/namespaces/${encodeURIComponent(namespace)}/pods/${encodeURIComponent(name)}`;
  const found = await cluster.get<WirePod>({
    path: at('/api/v1'),
    timeout: within,
    signal,
    to: `get pods in ${namespace}`,
  });
  if (!found.ok) return found;
  const pod = found.value;
  const { uid } = pod.metadata ?? {};
  const [node, events, usage] = await Promise.all([
    lookAtNode(cluster, words(pod.spec?.nodeName), signal),
    eventsAbout(cluster, namespace, uid ? { uid } : { name }, signal),
    cluster.get<Usage>({
      path: at('/apis/metrics.k8s.io/v1beta1'),
      timeout: within,
      signal,
      to: `get pods.metrics.k8s.io in ${namespace}`,
    }),
  ]);
  const missing: Missing[] = [
    ...(node && !node.ok ? [{ part: 'node' as const, why: node.fault.what }] : []),
    ...(events.ok ? [] : [{ part: 'events' as const, why: events.fault.what }]),
    ...(usage.ok
      ? []
      : [{ part: 'use' as const, why: usage.fault.code === '404' ? 'no data in metrics-server' : usage.fault.what }]),
  ];
  return {
    ok: true,
    value: {
      ...toPodDetail(pod, usage.ok ? usage.value : {}),
      node: node?.ok ? node.value : undefined,
      events: events.ok ? events.value : [],
      missing,
    },
  };
}

async function lookAtNode(
  cluster: Cluster,
  name: string | undefined,
  signal: AbortSignal,
): Promise<Result<NodeSummary> | undefined> {
  if (name === undefined) return undefined;
  const path = `/api/v1/nodes/${encodeURIComponent(name)}`;
  const found = await cluster.get<ApiObject<V1Node>>({ path, timeout: within, signal, to: 'get nodes' });
  if (!found.ok) return found;
  const { spec, status } = found.value;
  const conditions = conditionsOf(status?.conditions);
  const version = words(status?.nodeInfo?.kubeletVersion, 40) ?? '';
  return {
    ok: true,
    value: { name, conditions, problems: nodeProblems(conditions, spec?.unschedulable === true), version },
  };
}

type WireCondition = Pick<ApiObject<V1PodCondition>, 'type' | 'status' | 'reason' | 'message' | 'lastTransitionTime'>;

export function conditionsOf(of: readonly WireCondition[] | null | undefined): readonly Condition[] {
  return items(of).map((c) => {
    const [reason, message, at] = [words(c.reason, 100), words(c.message, 500), instant(c.lastTransitionTime)];
    return {
      type: words(c.type, 100) ?? '',
      status: words(c.status, 20) ?? 'Unknown',
      reason: reason || undefined,
      message: message || undefined,
      at,
    };
  });
}

/** The pod's own part of it. */
export function toPodDetail(
  { metadata, spec, status }: WirePod,
  usage: Usage = {},
): Omit<PodDetail, 'node' | 'events' | 'missing'> {
  const owner = ownerOf(metadata);
  const statuses = [...items(status?.initContainerStatuses), ...items(status?.containerStatuses)];
  const used = new Map(items(usage.containers).map((c) => [c.name, c.usage]));
  const detail = (c: ApiObject<V1Container>, role: ContainerDetail['role']): ContainerDetail => {
    const own = statuses.find((s) => s.name === c.name);
    const last = stateOf(own?.lastState);
    const measured = (what: 'cpu' | 'memory') => {
      const [use, requested, limit] = [
        quantityOf(used.get(c.name ?? undefined)?.[what]),
        quantityOf(c.resources?.requests?.[what]),
        quantityOf(c.resources?.limits?.[what]),
      ];
      return {
        used: use,
        requested,
        limit,
      };
    };
    return {
      name: words(c.name, 253) ?? '',
      role,
      image: words(c.image) ?? '',
      ready: own?.ready === true,
      restarts: count(own?.restartCount),
      state: stateOf(own?.state),
      last: last.is === 'unknown' ? undefined : last,
      cpu: measured('cpu'),
      memory: measured('memory'),
      probes: [
        ...probeSays('startup', c.startupProbe),
        ...probeSays('readiness', c.readinessProbe),
        ...probeSays('liveness', c.livenessProbe),
      ],
      ports: items(c.ports).map((p) => `${count(p.containerPort)}/${words(p.protocol, 10) ?? 'TCP'}`),
    };
  };
  const some = <K extends string>(key: K, value: unknown) => {
    const text = words(value, 253);
    return (text ? { [key]: text } : {}) as { readonly [key in K]?: string };
  };
  return {
    uid: words(metadata?.uid) ?? '',
    name: words(metadata?.name, 253) ?? '',
    owner: owner ? `${owner.kind} ${owner.name}` : undefined,
    ...some('serviceAccount', spec?.serviceAccountName),
    ...some('qos', status?.qosClass),
    ...some('ip', status?.podIP),
    conditions: conditionsOf(status?.conditions),
    containers: [
      ...items(spec?.containers).map((c) => detail(c, 'container')),
      ...items(spec?.initContainers).map((c) => detail(c, c.restartPolicy === 'Always' ? 'sidecar' : 'init')),
    ],
  };
}

type WireState = NonNullable<NonNullable<WirePod['status']>['containerStatuses']>[number]['state'];

function stateOf(state: WireState): ContainerState {
  const { running, waiting, terminated } = state ?? {};
  const from = terminated ?? waiting;
  const [reason, message] = [words(from?.reason, 100), words(from?.message, 1000)];
  const at = instant(running?.startedAt) ?? instant(terminated?.finishedAt);
  return {
    is: running ? 'running' : waiting ? 'waiting' : terminated ? 'ended' : 'unknown',
    at,
    reason: reason || undefined,
    message: message || undefined,
    exitCode: terminated ? count(terminated.exitCode) : undefined,
  };
}

/** Unset fields have Kubernetes' defaults: every 10 s, 1 s for an answer, three failures. */
function probeSays(kind: string, probe: ApiObject<V1Probe> | null | undefined): readonly string[] {
  if (!probe) return [];
  const { httpGet, tcpSocket, exec, grpc } = probe;
  const says = httpGet
    ? `GET ${httpGet.scheme === 'HTTPS' ? 'https ' : ''}:${String(httpGet.port ?? '')}${httpGet.path ?? '/'}`
    : tcpSocket
      ? `connects to :${String(tcpSocket.port ?? '')}`
      : exec
        ? `runs ${(Array.isArray(exec.command) ? exec.command : []).join(' ')}`
        : grpc
          ? `gRPC :${count(grpc.port)}`
          : 'unknown probe type';
  const or = (value: unknown, usual: number) => count(value) || usual;
  const rhythm = `every ${or(probe.periodSeconds, 10)} s, answer within ${or(probe.timeoutSeconds, 1)} s, fails after ${or(probe.failureThreshold, 3)}`;
  return [`${kind} ${words(says, 200) ?? ''}  ${rhythm}`];
}
