// Which deployment a pod belongs to. Its replica set says so by its name (owner.ts); a pod that nobody owns, or whose
// replica set has a name of its own, belongs to the deployment whose selector it fits. A pod of a job or a stateful set
// is no deployment's, whatever its labels are.
import type { V1LabelSelector } from '@kubernetes/client-node';
import type { Deployment, Pod } from '../../core/world/facts.ts';
import { type ApiObject, items } from './api-object.ts';
import type { WireDeployment } from './deployments.ts';
import { ownerOf } from './owner.ts';
import type { WirePod } from './pods.ts';

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

/** Remembers what pods and deployments were sent with, and gives each pod its deployment. */
export class PodOwnership {
  readonly #sent = new WeakMap<Pod, { labels: Labels; owner: ReturnType<typeof ownerOf> }>();
  readonly #selectors = new WeakMap<Deployment, Selector>();
  readonly #settled = new WeakMap<Pod, Pod>();
  #deployments: readonly Deployment[] = [];

  pod(wire: WirePod, pod: Pod | undefined): Pod | undefined {
    if (pod) this.#sent.set(pod, { labels: wire.metadata?.labels ?? {}, owner: ownerOf(wire.metadata) });
    return pod;
  }

  deployment(wire: WireDeployment, deployment: Deployment | undefined): Deployment | undefined {
    if (deployment) this.#selectors.set(deployment, wire.spec?.selector);
    return deployment;
  }

  /** From now on these are the deployments. */
  know(deployments: readonly Deployment[]): void {
    this.#deployments = deployments;
  }

  /** The pods with their deployments' names; one that did not change keeps its identity. */
  settle(pods: readonly Pod[]): readonly Pod[] {
    const names = new Set(this.#deployments.map(({ name }) => name));
    return pods.map((pod) => {
      const app = this.#appOf(pod, names);
      if (app === pod.app) return pod;
      const before = this.#settled.get(pod);
      if (before?.app === app) return before;
      const settled = { ...pod, app };
      this.#settled.set(pod, settled);
      return settled;
    });
  }

  #appOf(pod: Pod, names: ReadonlySet<string>): string {
    const sent = this.#sent.get(pod);
    if (!sent) return pod.app;
    const { owner, labels } = sent;
    if (owner && owner.kind !== 'ReplicaSet') return names.has(pod.app) ? owner.name : pod.app;
    if (owner && names.has(pod.app)) return pod.app;
    return this.#deployments.find((one) => fits(this.#selectors.get(one), labels))?.name ?? pod.app;
  }
}
