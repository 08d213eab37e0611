// The STATUS column of `kubectl get pods`: the API server's own rules for it.
import type { V1ContainerState, V1ContainerStatus, V1Pod } from '@kubernetes/client-node';
import { type ApiObject, count, items, words } from './api-object.ts';

type Wire = ApiObject<V1Pod>;
type Status = ApiObject<V1ContainerStatus>;
type State = ApiObject<V1ContainerState> | null | undefined;

/** One word for a pod: `Running`, `Init:1/3`, `CrashLoopBackOff`, `Completed`, `Terminating`. */
export function podStatus(wire: Wire): string {
  const { metadata, status } = wire;
  if (metadata?.deletionTimestamp) {
    // The node controller marks pods of unreachable nodes.
    if (status?.reason === 'NodeLost') return 'Unknown';
    if (status?.phase !== 'Succeeded' && status?.phase !== 'Failed') return 'Terminating';
  }
  const initial = initialStatus(wire);
  const whole = initial ?? ownStatus(wire);
  if (initial !== undefined && !holds(wire, 'Initialized')) return initial;
  return mainStatus(wire, whole);
}

/** Most pods run: one text for all of them. */
const phaseOf = (phase: unknown) => (phase === 'Running' ? 'Running' : words(phase, 60));

/** What the pod says of itself. */
function ownStatus({ status }: Wire): string {
  const gated = items(status?.conditions).some((c) => c.type === 'PodScheduled' && c.reason === 'SchedulingGated');
  return gated ? 'SchedulingGated' : (words(status?.reason, 100) ?? phaseOf(status?.phase) ?? 'Unknown');
}

/** The first init container that is not through; undefined where all are. */
function initialStatus({ spec, status }: Wire): string | undefined {
  const statuses = items(status?.initContainerStatuses);
  if (statuses.length === 0) return undefined;
  const declared = items(spec?.initContainers);
  const restartable = new Set(declared.filter((c) => c.restartPolicy === 'Always').map(({ name }) => name));
  const at = statuses.findIndex(
    (s) => !(s.state?.terminated && ended(s.state) === 0) && !(restartable.has(s.name) && s.started === true),
  );
  const first = statuses[at];
  if (!first) return undefined;
  const why = first.state?.terminated ? endSays(first.state) : waitSays(first.state);
  return `Init:${why && why !== 'PodInitializing' ? why : `${at}/${declared.length}`}`;
}

/** The first waiting or ended container decides; a running one beside a completed one keeps the pod running. */
function mainStatus(wire: Wire, otherwise: string): string {
  const statuses = items(wire.status?.containerStatuses);
  const reasons = statuses.flatMap(
    ({ state }) => waitSays(state) ?? (state?.terminated ? endSays(state) : undefined) ?? [],
  );
  const reason = reasons[0] ?? otherwise;
  if (reason !== 'Completed' || !statuses.some((s: Status) => s.ready === true && s.state?.running)) return reason;
  return holds(wire, 'Ready') ? 'Running' : 'NotReady';
}

const holds = ({ status }: Wire, type: string) =>
  items(status?.conditions).some((c) => c.type === type && c.status === 'True');

const ended = (state: State) => count(state?.terminated?.exitCode);
const waitSays = (state: State) => words(state?.waiting?.reason, 100);

function endSays(state: State): string {
  const signal = count(state?.terminated?.signal);
  return words(state?.terminated?.reason, 100) ?? (signal > 0 ? `Signal:${signal}` : `ExitCode:${ended(state)}`);
}
