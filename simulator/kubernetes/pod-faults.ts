// Faults of single pods, from the conditions of their deployment: which pods fail, how, and what fixes them.

import type { DeploymentConditions } from '../scenario.ts';
import { type Ms, second } from '../time.ts';
import type { Deployment, Pod } from './object.ts';

export type PodFault = {
  /** crash: the container exits soon after it starts · oom: killed, 137 · image: it cannot be pulled · unready: the probe fails. */
  kind: 'crash' | 'oom' | 'image' | 'unready';
  /** The kubelet's or the probe's words. */
  message?: string;
  exitCode: number;
  /** Log lines before it dies. */
  lastWords: readonly { level: number; msg: string; stack?: string }[];
  /** How long a container lives before it dies. */
  livesFor: Ms;
};

const faults: Readonly<Record<DeploymentConditions['reasons'][number], PodFault>> = {
  CrashLoopBackOff: {
    kind: 'crash',
    exitCode: 1,
    livesFor: 3 * second,
    lastWords: [
      { level: 40, msg: 'config cache /var/cache/bentham/routes.json failed its checksum' },
      {
        level: 60,
        msg: 'cannot start: no routes',
        stack:
          'Error: cannot start: no routes\n    at loadRoutes (/app/dist/routes.js:88:11)\n    at async start (/app/dist/server.js:41:3)\n    at async file:///app/dist/main.js:12:1',
      },
    ],
  },
  OOMKilled: {
    kind: 'oom',
    exitCode: 137,
    livesFor: 6 * second,
    lastWords: [{ level: 40, msg: 'heap at 96 % of its limit, garbage collection took 1840 ms' }],
  },
  ImagePullBackOff: { kind: 'image', exitCode: 0, livesFor: 0, lastWords: [] },
  NotReady: {
    kind: 'unready',
    exitCode: 0,
    livesFor: 0,
    message: 'Readiness probe failed: HTTP probe failed with statuscode: 503',
    lastWords: [],
  },
};

/** The faults of a deployment, one for each reason in turn. */
function ailmentsOf(conditions: DeploymentConditions): readonly PodFault[] {
  return conditions.reasons.map((reason) => faults[reason]);
}

/** Marks a pod of another workload that has a permanent fault: CrashLoopBackOff, ImagePullBackOff … */
export const faultAnnotation = 'simulator.bentham.io/fault';

/** The fault that a pod's annotation names. */
export function annotatedFault({ metadata }: Pod): PodFault | undefined {
  const named: Readonly<Record<string, PodFault>> = faults;
  return named[metadata.annotations?.[faultAnnotation] ?? ''];
}

export type PodFaults = ReturnType<typeof createPodFaults>;

const hashOf = (pod: Pod) => pod.metadata.labels?.['pod-template-hash'] ?? '';
const imageOf = (pod: Pod) => pod.spec.containers[0]?.image ?? '';

/**
 * Keeps which pods are ill. An affliction holds the template (or the image, where only a rollback heals) that the
 * deployment had at that time: pods of another template work.
 */
export function createPodFaults() {
  type Affliction = { conditions: DeploymentConditions; hash: string; image: string; ill: Map<string, PodFault> };
  const afflictions = new Map<string, Affliction>();

  const holds = (one: Affliction, pod: Pod) =>
    one.conditions.heals === 'rollback' ? one.image === imageOf(pod) : one.hash === hashOf(pod);

  return {
    /** Makes pods of the current template fail from now on, as many as the conditions demand. */
    inject(deployment: string, conditions: DeploymentConditions, template: { hash: string; image: string }): void {
      afflictions.set(deployment, { conditions: { ...conditions }, ...template, ill: new Map() });
    },

    release(deployment: string): void {
      afflictions.delete(deployment);
    },

    /** What this pod of the deployment has, if anything; a place that came free is taken. */
    faultOf(deployment: string, pod: Pod): PodFault | undefined {
      const one = afflictions.get(deployment);
      if (!one || !holds(one, pod)) return undefined;
      const known = one.ill.get(pod.metadata.uid);
      if (known || one.ill.size >= one.conditions.failing) return known;
      const list = ailmentsOf(one.conditions);
      const taken = [...one.ill.values()];
      const next = list.find((fault) => !taken.includes(fault)) ?? list[taken.length % Math.max(1, list.length)];
      if (next) one.ill.set(pod.metadata.uid, next);
      return next;
    },

    /** A pod was deleted: another one may get its fault. */
    forget(uid: string): void {
      for (const one of afflictions.values()) one.ill.delete(uid);
    },

    /** True when the deployment is afflicted and its present template is not the afflicted one any more. */
    overcome(deployment: string, present: Deployment, hash: string): boolean {
      const one = afflictions.get(deployment);
      if (!one) return false;
      const image = present.spec.template.spec.containers[0]?.image ?? '';
      return one.conditions.heals === 'rollback' ? image !== one.image : hash !== one.hash;
    },
  };
}
