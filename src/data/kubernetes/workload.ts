// Which pods and containers belong to a deployment or a label, as they come and go: whose logs to follow.
import type { V1Pod } from '@kubernetes/client-node';
import type { Workload } from '../../core/logs/log-view.ts';
import { type Instant, second } from '../../core/time.ts';
import type { Fault } from '../../core/world/reading.ts';
import { backoff, pause, type Result } from '../source.ts';
import { type ApiObject, count, instant, items, words } from './api-object.ts';
import type { Query } from './client.ts';
import type { Connection } from './connection.ts';
import type { WireDeployment } from './deployments.ts';
import { toSelector } from './label-selector.ts';
import { Reflector } from './reflector.ts';

/** A pod, as far as its logs are concerned. */
export type LogPod = {
  uid: string;
  name: string;
  /** Ended pods keep their logs until they are deleted. */
  ended: boolean;
  containers: readonly LogContainer[];
  /** The container whose log is meant: as its pod says, else by the deployment's name, else the first that is no proxy. */
  main: string;
  createdAt: Instant;
  /** While no container but initial ones ever started: why. ImagePullBackOff, or that no node has room for it. */
  waits?: string;
};

export type LogContainer = {
  name: string;
  /** It has run at least once, so that there is a log. */
  started: boolean;
  running: boolean;
  /** It ended and waits to be started again: until then its log is that of the instance that ended. */
  crashed: boolean;
  restarts: number;
  /** Of the newest instance. */
  startedAt?: Instant;
};

export type WorkloadListener = {
  pods(pods: readonly LogPod[]): void;
  failed(fault: Fault, retryAt: Instant): void;
};

/** Follows the pods of a workload until the signal aborts. */
export async function followWorkload(
  connection: Connection,
  workload: Workload,
  listener: WorkloadListener,
  signal: AbortSignal,
): Promise<void> {
  const { namespace } = connection.settings.kubernetes;
  for (let failures = 1; !signal.aborted; failures += 1) {
    const selector = await selectorOf(connection, workload, signal);
    if (signal.aborted) return;
    if (!selector.ok) {
      const rest = backoff(failures, second);
      listener.failed(selector.fault, Date.now() + rest);
      await pause(rest, signal);
      continue;
    }
    const follower = new Reflector<LogPod>(
      connection,
      {
        path: `/api/v1/namespaces/${encodeURIComponent(namespace)}/pods`,
        query: selector.value,
        noun: `pods in ${namespace}`,
        read: (pod: ApiObject<V1Pod>) => toLogPod(pod, 'deployment' in workload ? workload.deployment : undefined),
      },
      { changed: listener.pods, failed: listener.failed },
    );
    let lost = false;
    connection.onBeat((beat) => {
      if (beat.ok && lost) follower.renew();
      lost = !beat.ok;
    }, signal);
    await follower.run(signal);
  }
}

/** What finds the workload's pods. */
async function selectorOf(connection: Connection, workload: Workload, signal: AbortSignal): Promise<Result<Query>> {
  const { namespace, logSelector } = connection.settings.kubernetes;
  if ('pod' in workload) return { ok: true, value: { fieldSelector: `metadata.name=${workload.pod}` } };
  if ('selector' in workload) return { ok: true, value: { labelSelector: workload.selector || logSelector } };
  const { deployment } = workload;
  const opened = await connection.open();
  if (!opened.ok) return opened;
  const found = await opened.value.get<WireDeployment>({
    path: `/apis/apps/v1/namespaces/${encodeURIComponent(namespace)}/deployments/${encodeURIComponent(deployment)}`,
    signal,
    timeout: 5 * second,
    to: `get deployments in ${namespace}`,
  });
  if (!found.ok) return found;
  const selector = toSelector(found.value?.spec?.selector);
  if (selector) return { ok: true, value: { labelSelector: selector } };
  const { where } = opened.value;
  const what = `deployment ${deployment} has no selector`;
  return { ok: false, fault: { kind: 'malformed', where, what, hint: 'check it with kubectl' } };
}

/** Undefined for an invalid pod. `deployment`: its deployment. */
export function toLogPod(wire: ApiObject<V1Pod>, deployment?: string): LogPod | undefined {
  const { metadata, spec, status } = wire;
  const name = words(metadata?.name);
  if (!name) return undefined;
  const statuses = [...items(status?.initContainerStatuses), ...items(status?.containerStatuses)];
  const containers = [...items(spec?.initContainers), ...items(spec?.containers)].flatMap((c): LogContainer[] => {
    const own = statuses.find((s) => s.name === c.name);
    const named = words(c.name);
    if (!named) return [];
    const running = Boolean(own?.state?.running);
    const restarts = count(own?.restartCount);
    const crashed = Boolean(own?.state?.waiting && own.lastState?.terminated);
    const started = running || restarts > 0 || Boolean(own?.state?.terminated);
    const startedAt = instant(
      own?.state?.running?.startedAt ?? own?.state?.terminated?.startedAt ?? own?.lastState?.terminated?.startedAt,
    );
    return [{ name: named, running, crashed, started, restarts, startedAt }];
  });
  const main = items(spec?.containers).map((c) => c.name);
  const ended = status?.phase === 'Succeeded' || status?.phase === 'Failed';
  const begun = containers.some((c) => c.started && main.includes(c.name));
  const waits = ended || begun ? undefined : waitsFor(status);
  return {
    uid: metadata?.uid ?? name,
    name,
    ended,
    containers,
    main: mainContainer(wire, deployment),
    createdAt: instant(metadata?.creationTimestamp) ?? 0,
    waits,
  };
}

/** Containers that stand beside the one that a pod is for. */
const beside =
  /^(?:istio-proxy|linkerd-(?:proxy|network-validator)|envoy|consul-(?:dataplane|connect.*)|kuma-sidecar|vault-agent(?:-init)?|cloud-?sql-(?:auth-)?proxy|alloydb-auth-proxy|oauth2-proxy|kube-rbac-proxy|aws-(?:sigv4-proxy|otel-collector)|otc-container|otel.*|datadog-agent|dd-agent|fluent-?(?:bit|d)|filebeat|vector|promtail|pgbouncer|daprd|nginx|proxy|.*-(?:sidecar|exporter|proxy))$/;

/** As `kubectl logs` chooses, where the pod says so; else not simply the first, which may be a proxy. */
function mainContainer({ metadata, spec }: ApiObject<V1Pod>, deployment = ''): string {
  const names = items(spec?.containers).flatMap((c) => words(c.name) ?? []);
  const annotations = metadata?.annotations ?? {};
  const chosen = ['kubectl.kubernetes.io/default-container', 'kubectl.kubernetes.io/default-logs-container']
    .map((key) => annotations[key])
    .find((name) => names.includes(name ?? ''));
  const own = names.filter((name) => !beside.test(name));
  const labels = metadata?.labels ?? {};
  const called = [deployment, labels['app.kubernetes.io/name'], labels.app].flatMap((name) => words(name) ?? []);
  return (
    chosen ??
    names.find((name) => name === deployment) ??
    own.find((name) => called.some((one) => one === name)) ??
    own.find((name) => called.some((one) => one.split('-').includes(name) || name.split('-').includes(one))) ??
    own[0] ??
    names[0] ??
    ''
  );
}

/** Why a pod waits: a container's reason, or what the scheduler says. Its words come from outside. */
function waitsFor(status: ApiObject<V1Pod>['status']): string {
  const statuses = [...items(status?.initContainerStatuses), ...items(status?.containerStatuses)];
  const [waiting] = statuses.flatMap(({ state }) => (state?.waiting ? [state.waiting] : []));
  const condition = items(status?.conditions).find(({ type, status: is }) => type === 'PodScheduled' && is === 'False');
  const said = waiting ?? condition;
  const reason = words(said?.reason);
  const message = words(said?.message);
  return reason && message ? `${reason}: ${message}` : (reason ?? message ?? 'no reason given');
}
