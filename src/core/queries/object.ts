// Any object of Kubernetes as text: its YAML, and what `kubectl describe` says of a kind that it does not know.
import type { Missing } from './missing.ts';

/** Where the API has the objects of a kind; `namespaced`: in the namespace of Bentham. */
export type ObjectKind = { group: string; plural: string; namespaced: boolean };

const inNamespace = (group: string, plural: string): ObjectKind => ({ group, plural, namespaced: true });

/** The kinds that can be shown, by their name (kubectl api-resources). */
export const objectKinds = {
  Pod: inNamespace('api/v1', 'pods'),
  Deployment: inNamespace('apis/apps/v1', 'deployments'),
  ReplicaSet: inNamespace('apis/apps/v1', 'replicasets'),
  StatefulSet: inNamespace('apis/apps/v1', 'statefulsets'),
  DaemonSet: inNamespace('apis/apps/v1', 'daemonsets'),
  Job: inNamespace('apis/batch/v1', 'jobs'),
  CronJob: inNamespace('apis/batch/v1', 'cronjobs'),
  Service: inNamespace('api/v1', 'services'),
  Ingress: inNamespace('apis/networking.k8s.io/v1', 'ingresses'),
  NetworkPolicy: inNamespace('apis/networking.k8s.io/v1', 'networkpolicies'),
  ConfigMap: inNamespace('api/v1', 'configmaps'),
  Secret: inNamespace('api/v1', 'secrets'),
  ServiceAccount: inNamespace('api/v1', 'serviceaccounts'),
  PersistentVolumeClaim: inNamespace('api/v1', 'persistentvolumeclaims'),
  HorizontalPodAutoscaler: inNamespace('apis/autoscaling/v2', 'horizontalpodautoscalers'),
  PodDisruptionBudget: inNamespace('apis/policy/v1', 'poddisruptionbudgets'),
  ResourceQuota: inNamespace('api/v1', 'resourcequotas'),
  LimitRange: inNamespace('api/v1', 'limitranges'),
  Node: { group: 'api/v1', plural: 'nodes', namespaced: false },
  Namespace: { group: 'api/v1', plural: 'namespaces', namespaced: false },
} satisfies Readonly<Record<string, ObjectKind>>;

export type ObjectKindName = keyof typeof objectKinds;

/** The kind of this name; undefined for any other text. */
export function objectKindNamed(name: string | undefined): ObjectKindName | undefined {
  return Object.keys(objectKinds).find((one): one is ObjectKindName => one === name);
}

/** One object as lines, sanitized and without secrets. */
export type ObjectText = {
  yaml: readonly string[];
  describe: readonly string[];
  /** It is longer than what is shown. */
  isCut: boolean;
  missing: readonly Missing[];
};
