// READY, STATUS and RESTARTS of `kubectl get pods`, as the API server prints them (pkg/printers, printPod).
import type { ContainerState, ContainerStatus, Pod } from './object.ts';

type Init = { name: string; restartPolicy?: string };

export type PodColumns = { ready: string; status: string; restarts: number; restartedAt: string | undefined };

const whyEnded = ({ reason, signal, exitCode }: { reason?: string; signal?: number; exitCode: number }) =>
  reason || (signal ? `Signal:${signal}` : `ExitCode:${exitCode}`);

/** Counts and words over the init containers first, then, where those are through, over the others. */
export function podColumns({ metadata, spec, status }: Pod): PodColumns {
  const conditions = status.conditions ?? [];
  const isTrue = (type: string) => conditions.some((one) => one.type === type && one.status === 'True');
  const inits = (spec.initContainers ?? []) as readonly Init[];
  const sidecars = inits.filter((one) => one.restartPolicy === 'Always').map((one) => one.name);
  let ready = 0;
  let counted: readonly ContainerStatus[] = [];
  let initializing = false;
  let word: string = status.reason || status.phase;
  if (conditions.some((one) => one.type === 'PodScheduled' && one.reason === 'SchedulingGated'))
    word = 'SchedulingGated';

  const initial = status.initContainerStatuses ?? [];
  for (const [index, one] of initial.entries()) {
    counted = [...counted, one];
    const { terminated, waiting } = one.state;
    if (terminated?.exitCode === 0) continue;
    if (sidecars.includes(one.name) && one.started) {
      ready += one.ready ? 1 : 0;
      continue;
    }
    const waits = waiting?.reason && waiting.reason !== 'PodInitializing' ? waiting.reason : `${index}/${inits.length}`;
    word = `Init:${terminated ? whyEnded(terminated) : waits}`;
    initializing = true;
    break;
  }
  if (!initializing || isTrue('Initialized')) {
    const own = status.containerStatuses ?? [];
    counted = [...initial.filter((one) => sidecars.includes(one.name)), ...own];
    for (const { state } of own.toReversed()) {
      if (state.waiting?.reason) word = state.waiting.reason;
      else if (state.terminated) word = whyEnded(state.terminated);
    }
    const runs = own.filter((one) => one.ready && isRunning(one.state)).length;
    ready += runs;
    if (word === 'Completed' && runs > 0) word = isTrue('Ready') ? 'Running' : 'NotReady';
  }
  if (metadata.deletionTimestamp && status.reason === 'NodeLost') word = 'Unknown';
  else if (metadata.deletionTimestamp && status.phase !== 'Succeeded' && status.phase !== 'Failed')
    word = 'Terminating';
  const ends = counted.map((one) => one.lastState?.terminated?.finishedAt ?? '').toSorted();
  return {
    ready: `${ready}/${spec.containers.length + sidecars.length}`,
    status: word,
    restarts: counted.reduce((sum, one) => sum + (one.restartCount ?? 0), 0),
    restartedAt: ends.at(-1) || undefined,
  };
}

const isRunning = ({ running, waiting, terminated }: ContainerState) =>
  Boolean(running) && !waiting?.reason && !terminated;
