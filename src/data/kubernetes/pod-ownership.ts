// Which deployment a pod belongs to. Its replica set says so by its name (owner.ts); a pod that nobody owns, or whose
// replica set has a name of its own, belongs to the deployment whose selector it fits. A pod of a job or a stateful set
// is no deployment's, whatever its labels are.
import type { V1LabelSelector } from '@kubernetes/client-node';
import { mapping } from '../../core/grouping.ts';
import { memoizeText } from '../../core/memoize-each.ts';
import type { Deployment, Pod } from '../../core/world/facts.ts';
import { type ApiObject, items } from './api-object.ts';
import { toDeployment, type WireDeployment } from './deployments.ts';
import { toPod, type WirePod } from './pods.ts';

type Labels = Readonly<Record<string, unknown>>;
type Selector = ApiObject<V1LabelSelector> | null | undefined;

/** Whether labels fit a selector; an empty one fits nothing, as a deployment may not have one. */
export function fits(selector: Selector, labels: Labels): boolean {
  const exact = Object.entries(selector?.matchLabels ?? {});
  const expressions = items(selector?.matchExpressions);
  if (exact.length + expressions.length === 0) return false;
  return (
    exact.every(([key, value]) => labels[key] === value) &&
    expressions.every(({ key, operator, values }) => {
      const held = labels[String(key)];
      const among = Array.isArray(values) && values.includes(held as string);
      if (operator === 'In') return held !== undefined && among;
      if (operator === 'NotIn') return !among;
      if (operator === 'Exists') return held !== undefined;
      return operator === 'DoesNotExist' && held === undefined;
    })
  );
}

/** A pod, with what says whose it is. */
export type LabelledPod = { pod: Pod; labels: Labels; owner: Pod['owner'] };
/** A deployment, with what its pods are found by. */
export type SelectingDeployment = { deployment: Deployment; selector: Selector };

const sameLabels = memoizeText((labels): Labels => JSON.parse(labels));

/** The pods of a replica set have the same ones. Long ones are not remembered. */
function sharedLabels(labels: Labels): Labels {
  const text = JSON.stringify(labels);
  return text.length <= 2000 ? sameLabels(text) : labels;
}

/** Undefined for an invalid pod. */
export function toLabelledPod(wire: WirePod): LabelledPod | undefined {
  const pod = toPod(wire);
  return pod && { pod, labels: sharedLabels(wire.metadata?.labels ?? {}), owner: pod.owner };
}

/** Undefined for an invalid deployment. */
export function toSelecting(wire: WireDeployment): SelectingDeployment | undefined {
  const deployment = toDeployment(wire);
  return deployment && { deployment, selector: wire.spec?.selector };
}

/** Assigns each pod its deployment. */
export class PodOwnership {
  readonly #assigned = new WeakMap<LabelledPod, Pod>();
  #deployments: readonly SelectingDeployment[] = [];
  /** What the pods are found by; the rest of a deployment changes with each pod that becomes ready. */
  #selectors = '';
  #all = this.#assignmentBy([]);

  /** The pods with their deployments' names; one that did not change keeps its identity. */
  assign(pods: readonly LabelledPod[], deployments: readonly SelectingDeployment[]): readonly Pod[] {
    if (deployments !== this.#deployments) {
      this.#deployments = deployments;
      const selectors = JSON.stringify(deployments.map(({ deployment, selector }) => [deployment.name, selector]));
      if (selectors !== this.#selectors) this.#all = this.#assignmentBy(deployments);
      this.#selectors = selectors;
    }
    return this.#all(pods);
  }

  #assignmentBy(deployments: readonly SelectingDeployment[]): (pods: readonly LabelledPod[]) => readonly Pod[] {
    const names = new Set(deployments.map(({ deployment }) => deployment.name));
    const assigned = (labelled: LabelledPod): Pod => {
      const app = ownerName(labelled, names, deployments);
      if (app === labelled.pod.app) return labelled.pod;
      const before = this.#assigned.get(labelled);
      if (before?.app === app) return before;
      const made = { ...labelled.pod, app };
      this.#assigned.set(labelled, made);
      return made;
    };
    return mapping(assigned, ({ pod }) => pod.uid);
  }
}

function ownerName(
  { pod, owner, labels }: LabelledPod,
  names: ReadonlySet<string>,
  deployments: readonly SelectingDeployment[],
): string {
  if (owner && owner.kind !== 'ReplicaSet') return names.has(pod.app) ? owner.name : pod.app;
  if (owner && names.has(pod.app)) return pod.app;
  return deployments.find(({ selector }) => fits(selector, labels))?.deployment.name ?? pod.app;
}
