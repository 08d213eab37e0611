import type { V1ContainerStatus, V1Pod } from '@kubernetes/client-node';
import { memoizeText } from '../../core/memoize-each.ts';
import type { Pod } from '../../core/world/facts.ts';
import { type ApiObject, count, instant, items, sharedWords, words } from './api-object.ts';
import { appOf, ownerOf } from './owner.ts';
import { podStatus } from './pod-status.ts';

export type WirePod = ApiObject<V1Pod>;
type Status = ApiObject<V1ContainerStatus>;

const phases = ['Pending', 'Running', 'Succeeded', 'Failed'] as const;

/** A pod as an on-call asks for it; undefined when it has no name. */
export function toPod(wire: WirePod): Pod | undefined {
  const { metadata, spec, status } = wire;
  const name = words(metadata?.name);
  if (!name) return undefined;
  const namespace = sharedWords(metadata?.namespace) ?? '';
  const main = items(status?.containerStatuses);
  const sidecars = sidecarsOf(spec);
  const init = items(status?.initContainerStatuses);
  const running = [...init.filter((s) => sidecars.has(s.name)), ...main];
  const terminating = Boolean(metadata?.deletionTimestamp);
  const ready = items(status?.conditions).find((c) => c.type === 'Ready');
  // As kubectl: while init containers run, their restarts count; afterwards those of the running containers.
  const initial = isInitialised(wire) ? running : init;
  const restarted = initial.filter((s) => count(s.restartCount) > 0);
  const lastRestartAt = restarted
    .map((s) => instant(s.lastState?.terminated?.finishedAt) ?? instant(s.state?.running?.startedAt))
    .reduce((a, b) => (a === undefined || (b !== undefined && b > a) ? b : a), undefined);
  const trouble = troubleOf(wire, running, terminating);
  const owner = ownerOf(metadata);
  const ended = restarted
    .flatMap(({ lastState }) => lastState?.terminated ?? [])
    .toSorted((a, b) => (instant(b.finishedAt) ?? 0) - (instant(a.finishedAt) ?? 0))[0];
  const lastEnd = words(ended?.reason, 100);
  return {
    uid: words(metadata?.uid) ?? `${namespace}/${name}`,
    name,
    namespace,
    app: appOf(metadata),
    owner,
    bare: owner ? undefined : true,
    node: sharedWords(spec?.nodeName) ?? '',
    status: podStatus(wire),
    phase: phases.find((p) => p === status?.phase) ?? 'Unknown',
    ready: ready?.status === 'True',
    containers: containersOf(
      running.filter((s) => s.ready === true).length,
      Math.max(items(spec?.containers).length + sidecars.size, running.length),
    ),
    restarts: initial.reduce((sum, s) => sum + count(s.restartCount), 0),
    lastRestartAt,
    lastEnd,
    ...trouble,
    image: sharedWords(items(spec?.containers)[0]?.image) ?? sharedWords(main[0]?.image) ?? '',
    createdAt: instant(metadata?.creationTimestamp) ?? 0,
    terminating,
    ...endOf(wire, owner),
  };
}

const counted = memoizeText((counts): Pod['containers'] => {
  const [ready = 0, total = 0] = counts.split('/').map(Number);
  return { ready, total };
});
const containersOf = (ready: number, total: number) => counted(`${ready}/${total}`);

/** Whether its init containers have completed: the Initialized condition, or each succeeded or runs as a sidecar. */
function isInitialised({ spec, status }: WirePod): boolean {
  if (items(status?.conditions).some(({ type, status: is }) => type === 'Initialized' && is === 'True')) return true;
  return throughOf(spec, status) >= items(spec?.initContainers).length;
}

/** How many init containers succeeded, or run as sidecars. */
function throughOf(spec: WirePod['spec'], status: WirePod['status']): number {
  const sidecars = sidecarsOf(spec);
  const isThrough = ({ name, state, started, ready }: Status) =>
    state?.terminated
      ? count(state.terminated.exitCode) === 0
      : sidecars.has(name) && (started === true || ready === true);
  return items(status?.initContainerStatuses).filter(isThrough).length;
}

/** Sidecars: init containers that keep running count as containers, as in kubectl. */
function sidecarsOf(spec: WirePod['spec']) {
  return new Set(items(spec?.initContainers).flatMap((c) => (c.restartPolicy === 'Always' ? [c.name] : [])));
}

/** Controllers that replace a pod that failed and leave it behind. */
const replacing = ['ReplicaSet', 'ReplicationController', 'StatefulSet', 'DaemonSet', 'Job'];

function endOf(
  { metadata, status }: WirePod,
  owner: Pod['owner'] | undefined,
): Pick<Pod, 'endsBy' | 'leftOver' | 'endedAt'> {
  const endsBy = instant(metadata?.deletionTimestamp);
  if (status?.phase !== 'Failed') return { endsBy, leftOver: undefined, endedAt: undefined };
  const leftOver = replacing.includes(owner?.kind ?? '');
  const times = [
    ...items(status?.containerStatuses).map((s) => instant(s.state?.terminated?.finishedAt)),
    ...items(status?.conditions).map((c) => instant(c.lastTransitionTime)),
  ].filter((at) => at !== undefined);
  return {
    endsBy,
    leftOver: leftOver || undefined,
    endedAt: times.length > 0 ? Math.max(...times) : undefined,
  };
}

type Trouble = Pick<Pod, 'reason' | 'exitCode' | 'message'>;

/** Why a pod is not as it should be, the most telling first: the pod itself, scheduling, init containers, containers. */
function troubleOf(wire: WirePod, running: readonly Status[], terminating: boolean): Trouble {
  const { spec, status } = wire;
  const ended = running
    .map((s) => s.state?.terminated ?? s.lastState?.terminated)
    .find((t) => count(t?.exitCode) !== 0);
  const exit = ended ? { exitCode: count(ended.exitCode) } : {};
  const say = (reason: string | undefined, ...messages: (string | undefined)[]): Trouble => {
    const last = ended?.reason && ended.reason !== reason ? `last ended ${words(ended.reason)}` : undefined;
    const message = [last, ...messages].filter((m) => m !== undefined).join('; ');
    return { reason: reason || undefined, ...exit, message: message || undefined };
  };
  if (words(status?.reason)) return say(words(status?.reason), words(status?.message));
  const conditions = items(status?.conditions);
  const scheduled = conditions.find((c) => c.type === 'PodScheduled' && c.status === 'False');
  if (scheduled) return say(words(scheduled.reason) ?? 'Unschedulable', words(scheduled.message));
  for (const s of items(status?.initContainerStatuses)) {
    const stuck = stuckOf(s);
    if (!stuck) continue;
    const code = s.state?.terminated?.exitCode ?? s.lastState?.terminated?.exitCode;
    const message = [`init container ${words(s.name) ?? ''}`, stuck.message].filter((m) => m !== undefined).join(': ');
    return { reason: `Init:${stuck.reason}`, message, exitCode: count(code) !== 0 ? count(code) : undefined };
  }
  const waiting = running.map(stuckOf).find((s) => s !== undefined);
  if (waiting) return say(waiting.reason, waiting.message);
  if (terminating) return say('Terminating');
  const done = status?.phase === 'Running' && running.find((s) => s.state?.terminated);
  if (done) return say(words(done.state?.terminated?.reason) ?? 'Completed');
  const starting = running.map((s) => words(s.state?.waiting?.reason)).find((r) => r !== undefined);
  if (starting) return say(initSays(wire) ?? starting);
  if (spec?.nodeName && status?.phase === 'Pending' && running.length === 0) return say('ContainerCreating');
  // Without a running scheduler there is no reason.
  if (status?.phase === 'Pending' && !spec?.nodeName && !conditions.some((c) => c.type === 'PodScheduled'))
    return say(undefined, 'not scheduled yet');
  const ready = conditions.find((c) => c.type === 'Ready');
  if (status?.phase === 'Running' && ready && ready.status !== 'True') {
    // ContainersNotReady only repeats what the containers say; a readiness gate is news.
    const gate = ready.reason === 'ReadinessGatesNotReady' ? ready.reason : undefined;
    return say(gate, words(ready.message));
  }
  return say(undefined);
}

/** `Init:1/3`: how many of its init containers are through, while it waits for them. */
function initSays(wire: WirePod): string | undefined {
  const all = items(wire.spec?.initContainers);
  if (isInitialised(wire)) return undefined;
  return `Init:${throughOf(wire.spec, wire.status)}/${all.length}`;
}

/** A container that waits for anything but its turn, or ended in failure. */
function stuckOf(s: Status): { reason: string; message?: string } | undefined {
  const { waiting, terminated } = s.state ?? {};
  const message = words(waiting?.message ?? terminated?.message);
  const tell = (reason: string) => ({ reason, message: message || undefined });
  if (waiting) {
    const reason = words(waiting.reason);
    return !reason || reason === 'ContainerCreating' || reason === 'PodInitializing' ? undefined : tell(reason);
  }
  if (!terminated || count(terminated.exitCode) === 0) return undefined;
  const signal = count(terminated.signal);
  // As kubectl names them.
  return tell(words(terminated.reason) ?? (signal > 0 ? `Signal:${signal}` : `ExitCode:${count(terminated.exitCode)}`));
}
