// The life of a pod: scheduled, pulled, started, ready; or failing with its deployment's fault; then ended.
import { type Ms, minute, second } from '../time.ts';
import type { Logs } from './logs.ts';
import type { Pod } from './object.ts';
import type { PodFault } from './pod-faults.ts';
import { nodeLost, ready, running, scheduled, terminated, unscheduled, waiting } from './podstate.ts';
import type { Recorder } from './recorder.ts';
import { nodesWithRoom } from './scheduler.ts';
import type { Store } from './store.ts';

/** What comes next for a pod, and when. */
type Life = { stage: Stage; due: number; crashes: number };
type Stage = 'schedule' | 'pull' | 'probe' | 'die' | 'backoff' | 'end' | 'steady';

export type KubeletOptions = {
  store: Store;
  logs: Logs;
  recorder: Recorder;
  /** 1 is as quick as a drill should be; tests take less. */
  pace: number;
  /** The fault of a pod, if any. */
  faultOf(pod: Pod): PodFault | undefined;
  /** The log lines of a container at its start and before it dies. */
  greet(pod: Pod, at: number): readonly string[];
  lastWords(pod: Pod, fault: PodFault, at: number): readonly string[];
};

export type Kubelet = ReturnType<typeof createKubelet>;

/** The kubelet waits 10 s before a second restart, twice as long each time, five minutes at most. */
const backoffOf = (crashes: number): Ms =>
  crashes <= 1 ? second : Math.min(5 * minute, 10 * second * 2 ** (crashes - 2));

/** `2m40s`. */
const inGo = (ms: Ms) => {
  const s = Math.max(1, Math.round(ms / 1000));
  return s < 60 ? `${s}s` : `${Math.floor(s / 60)}m${s % 60}s`;
};

export function createKubelet({ store, logs, recorder, pace, faultOf, greet, lastWords }: KubeletOptions) {
  const lives = new Map<string, Life & { namespace: string; name: string }>();
  let placed = 0;

  const tell = (pod: Pod, reason: string, message: string, at: number, type: 'Normal' | 'Warning' = 'Normal') => {
    const component = reason.endsWith('Scheduling') || reason === 'Scheduled' ? 'default-scheduler' : 'kubelet';
    const host = component === 'kubelet' ? pod.spec.nodeName : undefined;
    const first = pod.spec.containers[0]?.name ?? '';
    recorder.record({
      about: pod,
      reason,
      message,
      type,
      component,
      at,
      host: host || undefined,
      fieldPath: component === 'kubelet' ? `spec.containers{${first}}` : undefined,
    });
  };

  const imageOf = (pod: Pod) => pod.spec.containers[0]?.image ?? '';
  const say = (pod: Pod, lines: readonly string[], at: number) => {
    for (const line of lines) logs.write(pod.metadata.uid, line, at);
  };

  const schedule = (pod: Pod, now: number): [Stage, Ms] => {
    const { fit: nodes, message } = nodesWithRoom(pod, store);
    if (nodes.length === 0) {
      store.put('pods', unscheduled(pod, message, now));
      tell(pod, 'FailedScheduling', message, now, 'Warning');
      return ['schedule', 10 * second];
    }
    const node = nodes[placed++ % nodes.length];
    if (!node) return ['schedule', second];
    const ip = node.status.addresses[0]?.address ?? '';
    const there = store.put('pods', scheduled(pod, { name: node.metadata.name, ip }, now));
    tell(
      there,
      'Scheduled',
      `Successfully assigned ${pod.metadata.namespace}/${pod.metadata.name} to ${node.metadata.name}`,
      now,
    );
    return ['pull', 400 + Math.random() * 500];
  };

  const start = (pod: Pod, now: number, restart: boolean): [Stage, Ms] => {
    const fault = faultOf(pod);
    const name = pod.spec.containers[0]?.name ?? '';
    placed += 1;
    const ip = pod.status.podIP ?? `10.${40 + (placed % 3)}.${(placed >> 8) & 255}.${placed & 255}`;
    const begun = store.put('pods', running(pod, ip, now, restart));
    tell(begun, 'Pulled', `Container image "${imageOf(pod)}" already present on machine`, now);
    tell(begun, 'Created', `Created container: ${name}`, now);
    tell(begun, 'Started', `Started container ${name}`, now);
    if (restart) logs.restart(pod.metadata.uid);
    say(pod, greet(begun, now), now);
    if (fault?.kind === 'crash' || fault?.kind === 'oom') return ['die', fault.livesFor];
    return ['probe', second + Math.random() * second];
  };

  const pull = (pod: Pod, now: number): [Stage, Ms] => {
    const fault = faultOf(pod);
    if (fault?.kind !== 'image') return start(pod, now, false);
    const image = imageOf(pod);
    const message =
      fault.message ?? `rpc error: code = NotFound desc = failed to pull and unpack image "${image}": not found`;
    const backing = pod.status.containerStatuses?.[0]?.state.waiting?.reason === 'ErrImagePull';
    const why = backing
      ? { reason: 'ImagePullBackOff', message: `Back-off pulling image "${image}"` }
      : { reason: 'ErrImagePull', message };
    store.put('pods', waiting(pod, why, now));
    if (backing) {
      tell(pod, 'BackOff', why.message, now);
      tell(pod, 'Failed', 'Error: ImagePullBackOff', now, 'Warning');
      return ['pull', 20 * second];
    }
    tell(pod, 'Pulling', `Pulling image "${image}"`, now);
    tell(pod, 'Failed', `Failed to pull image "${image}": ${message}`, now, 'Warning');
    tell(pod, 'Failed', 'Error: ErrImagePull', now, 'Warning');
    return ['pull', 3 * second];
  };

  const probe = (pod: Pod, now: number): [Stage, Ms] => {
    const fault = faultOf(pod);
    if (fault?.kind === 'unready') {
      tell(
        pod,
        'Unhealthy',
        fault.message ?? 'Readiness probe failed: HTTP probe failed with statuscode: 503',
        now,
        'Warning',
      );
      if (pod.status.containerStatuses?.[0]?.ready) store.put('pods', ready(pod, false, now));
      return ['probe', 5 * second];
    }
    if (!pod.status.containerStatuses?.[0]?.ready) store.put('pods', ready(pod, true, now));
    return ['steady', Number.POSITIVE_INFINITY];
  };

  const die = (pod: Pod, life: Life, now: number): [Stage, Ms] => {
    const fault = faultOf(pod);
    if (fault?.kind !== 'crash' && fault?.kind !== 'oom') return probe(pod, now);
    say(pod, lastWords(pod, fault, now), now);
    logs.end(pod.metadata.uid);
    const reason = fault.kind === 'oom' ? 'OOMKilled' : 'Error';
    const dead = terminated(pod, fault.exitCode, reason, now, fault.message);
    life.crashes += 1;
    const wait = backoffOf(life.crashes);
    const name = pod.spec.containers[0]?.name ?? '';
    const { namespace, uid } = pod.metadata;
    const full = `${pod.metadata.name}_${namespace}(${uid})`;
    const message = `back-off ${inGo(wait)} restarting failed container=${name} pod=${full}`;
    if (life.crashes === 1) store.put('pods', dead);
    else {
      store.put('pods', waiting(dead, { reason: 'CrashLoopBackOff', message }, now));
      tell(pod, 'BackOff', `Back-off restarting failed container ${name} in pod ${full}`, now, 'Warning');
    }
    return ['backoff', wait];
  };

  const step = (pod: Pod, life: Life, now: number): [Stage, Ms] | undefined => {
    switch (life.stage) {
      case 'schedule':
        return schedule(pod, now);
      case 'pull':
        return pull(pod, now);
      case 'probe':
      case 'steady':
        return probe(pod, now);
      case 'die':
        return die(pod, life, now);
      case 'backoff':
        return start(pod, now, true);
      case 'end':
        store.remove('pods', pod.metadata.namespace, pod.metadata.name);
        return undefined;
    }
  };

  const stageOf = (pod: Pod): [Stage, Ms] => {
    const status = pod.status.containerStatuses?.[0];
    if (!pod.spec.nodeName || !status) return ['schedule', 100];
    if (status.state.waiting?.reason === 'CrashLoopBackOff') return ['backoff', second + Math.random() * 20 * second];
    if (status.state.waiting) return ['pull', 500];
    if (!status.ready) return ['probe', second];
    return ['steady', Number.POSITIVE_INFINITY];
  };

  return {
    /** A pod appeared, changed or vanished. */
    notice(pod: Pod, gone: boolean, now: number): void {
      const { uid, namespace = '', name, deletionTimestamp } = pod.metadata;
      if (gone) {
        lives.delete(uid);
        logs.forget(uid);
        return;
      }
      const life = lives.get(uid);
      if (deletionTimestamp && life?.stage !== 'end') {
        tell(pod, 'Killing', `Stopping container ${pod.spec.containers[0]?.name ?? ''}`, now);
        lives.set(uid, {
          stage: 'end',
          due: now + pace * (second + Math.random() * second),
          crashes: 0,
          namespace,
          name,
        });
        logs.end(uid);
      } else if (!life) {
        const [stage, wait] = stageOf(pod);
        const crashes = pod.status.containerStatuses?.[0]?.restartCount ?? 0;
        lives.set(uid, { stage, due: now + pace * wait, crashes, namespace, name });
      }
    },

    /** Runs the steps that are due. */
    tick(now: number): void {
      for (const [uid, life] of lives) {
        if (life.due > now) continue;
        const pod = store.get('pods', life.namespace, life.name);
        if (!pod || pod.metadata.uid !== uid) {
          lives.delete(uid);
          continue;
        }
        const next = step(pod, life, now);
        // A step can have ended the life (the pod is gone) or replaced it (the pod is being deleted).
        if (!next || lives.get(uid) !== life) continue;
        life.stage = next[0];
        life.due = now + pace * next[1];
      }
    },

    /** The conditions of these pods changed: they feel it at once, those in a long back-off soon. */
    stir(pods: readonly Pod[], now: number): void {
      for (const pod of pods) {
        const life = lives.get(pod.metadata.uid);
        if (!life || life.stage === 'end') continue;
        const fault = faultOf(pod);
        const lethal = fault?.kind === 'crash' || fault?.kind === 'oom';
        if (life.stage === 'steady' && fault) {
          life.stage = lethal ? 'die' : 'probe';
          life.due = now;
        } else if (life.stage !== 'steady') life.due = Math.min(life.due, now + pace * 2 * second);
      }
    },

    /** The container of a pod is killed now, as by a lack of memory, and starts again. */
    kill(pod: Pod, now: number): void {
      const life = lives.get(pod.metadata.uid);
      if (life?.stage !== 'steady') return;
      logs.end(pod.metadata.uid);
      store.put('pods', terminated(pod, 137, 'OOMKilled', now));
      life.stage = 'backoff';
      life.due = now + pace * second;
    },

    /** The node of these pods does not answer any more. */
    loseNode(node: string, now: number): void {
      for (const pod of store.list('pods')) {
        if (pod.spec.nodeName === node) store.put('pods', nodeLost(pod, now));
      }
    },
  };
}
