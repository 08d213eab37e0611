// What the API server serves. One literal per resource; discovery, routing and permissions derive from it.
import type { Plural } from './object.ts';

export type Resource = {
  group:
    | ''
    | 'apps'
    | 'batch'
    | 'autoscaling'
    | 'policy'
    | 'events.k8s.io'
    | 'metrics.k8s.io'
    | 'authorization.k8s.io'
    | 'authentication.k8s.io';
  version: string;
  plural: string;
  singular: string;
  kind: string;
  short?: readonly string[];
  categories?: readonly string[];
  namespaced: boolean;
  verbs: readonly string[];
  /** Under which name it is stored: events are served in two groups, metrics are stored nowhere. */
  stored?: Plural;
  subresources?: readonly { name: string; kind: string; group?: string; version?: string; verbs: readonly string[] }[];
};

const everything = ['create', 'delete', 'deletecollection', 'get', 'list', 'patch', 'update', 'watch'] as const;
const change = ['get', 'patch', 'update'] as const;
const scale = { name: 'scale', kind: 'Scale', group: 'autoscaling', version: 'v1', verbs: change };
const status = (kind: string) => ({ name: 'status', kind, verbs: change });

export const resources: readonly Resource[] = [
  {
    group: '',
    version: 'v1',
    plural: 'namespaces',
    singular: 'namespace',
    kind: 'Namespace',
    short: ['ns'],
    namespaced: false,
    verbs: everything,
    stored: 'namespaces',
    subresources: [status('Namespace')],
  },
  {
    group: '',
    version: 'v1',
    plural: 'nodes',
    singular: 'node',
    kind: 'Node',
    short: ['no'],
    namespaced: false,
    verbs: everything,
    stored: 'nodes',
    subresources: [status('Node')],
  },
  {
    group: '',
    version: 'v1',
    plural: 'pods',
    singular: 'pod',
    kind: 'Pod',
    short: ['po'],
    categories: ['all'],
    namespaced: true,
    verbs: everything,
    stored: 'pods',
    subresources: [{ name: 'log', kind: 'Pod', verbs: ['get'] }, status('Pod')],
  },
  {
    group: '',
    version: 'v1',
    plural: 'services',
    singular: 'service',
    kind: 'Service',
    short: ['svc'],
    categories: ['all'],
    namespaced: true,
    verbs: everything,
    stored: 'services',
  },
  {
    group: '',
    version: 'v1',
    plural: 'configmaps',
    singular: 'configmap',
    kind: 'ConfigMap',
    short: ['cm'],
    namespaced: true,
    verbs: everything,
    stored: 'configmaps',
  },
  {
    group: '',
    version: 'v1',
    plural: 'secrets',
    singular: 'secret',
    kind: 'Secret',
    namespaced: true,
    verbs: everything,
    stored: 'secrets',
  },
  {
    group: '',
    version: 'v1',
    plural: 'events',
    singular: 'event',
    kind: 'Event',
    short: ['ev'],
    namespaced: true,
    verbs: everything,
    stored: 'events',
  },
  {
    group: '',
    version: 'v1',
    plural: 'resourcequotas',
    singular: 'resourcequota',
    kind: 'ResourceQuota',
    short: ['quota'],
    namespaced: true,
    verbs: everything,
    stored: 'resourcequotas',
    subresources: [status('ResourceQuota')],
  },
  {
    group: '',
    version: 'v1',
    plural: 'limitranges',
    singular: 'limitrange',
    kind: 'LimitRange',
    short: ['limits'],
    namespaced: true,
    verbs: everything,
    stored: 'limitranges',
  },
  {
    group: 'apps',
    version: 'v1',
    plural: 'deployments',
    singular: 'deployment',
    kind: 'Deployment',
    short: ['deploy'],
    categories: ['all'],
    namespaced: true,
    verbs: everything,
    stored: 'deployments',
    subresources: [scale, status('Deployment')],
  },
  {
    group: 'apps',
    version: 'v1',
    plural: 'replicasets',
    singular: 'replicaset',
    kind: 'ReplicaSet',
    short: ['rs'],
    categories: ['all'],
    namespaced: true,
    verbs: everything,
    stored: 'replicasets',
    subresources: [scale, status('ReplicaSet')],
  },
  {
    group: 'apps',
    version: 'v1',
    plural: 'statefulsets',
    singular: 'statefulset',
    kind: 'StatefulSet',
    short: ['sts'],
    categories: ['all'],
    namespaced: true,
    verbs: everything,
    stored: 'statefulsets',
    subresources: [scale, status('StatefulSet')],
  },
  {
    group: 'apps',
    version: 'v1',
    plural: 'daemonsets',
    singular: 'daemonset',
    kind: 'DaemonSet',
    short: ['ds'],
    categories: ['all'],
    namespaced: true,
    verbs: everything,
    stored: 'daemonsets',
    subresources: [status('DaemonSet')],
  },
  {
    group: 'batch',
    version: 'v1',
    plural: 'jobs',
    singular: 'job',
    kind: 'Job',
    categories: ['all'],
    namespaced: true,
    verbs: everything,
    stored: 'jobs',
    subresources: [status('Job')],
  },
  {
    group: 'batch',
    version: 'v1',
    plural: 'cronjobs',
    singular: 'cronjob',
    kind: 'CronJob',
    short: ['cj'],
    categories: ['all'],
    namespaced: true,
    verbs: everything,
    stored: 'cronjobs',
    subresources: [status('CronJob')],
  },
  {
    group: '',
    version: 'v1',
    plural: 'persistentvolumeclaims',
    singular: 'persistentvolumeclaim',
    kind: 'PersistentVolumeClaim',
    short: ['pvc'],
    namespaced: true,
    verbs: everything,
    stored: 'persistentvolumeclaims',
    subresources: [status('PersistentVolumeClaim')],
  },
  {
    group: 'autoscaling',
    version: 'v2',
    plural: 'horizontalpodautoscalers',
    singular: 'horizontalpodautoscaler',
    kind: 'HorizontalPodAutoscaler',
    short: ['hpa'],
    categories: ['all'],
    namespaced: true,
    verbs: everything,
    stored: 'horizontalpodautoscalers',
  },
  {
    group: 'autoscaling',
    version: 'v1',
    plural: 'horizontalpodautoscalers',
    singular: 'horizontalpodautoscaler',
    kind: 'HorizontalPodAutoscaler',
    short: ['hpa'],
    categories: ['all'],
    namespaced: true,
    verbs: everything,
    stored: 'horizontalpodautoscalers',
  },
  {
    group: 'policy',
    version: 'v1',
    plural: 'poddisruptionbudgets',
    singular: 'poddisruptionbudget',
    kind: 'PodDisruptionBudget',
    short: ['pdb'],
    namespaced: true,
    verbs: everything,
    stored: 'poddisruptionbudgets',
  },
  {
    group: 'events.k8s.io',
    version: 'v1',
    plural: 'events',
    singular: 'event',
    kind: 'Event',
    short: ['ev'],
    namespaced: true,
    verbs: everything,
    stored: 'events',
  },
  {
    group: 'metrics.k8s.io',
    version: 'v1beta1',
    plural: 'pods',
    singular: '',
    kind: 'PodMetrics',
    namespaced: true,
    verbs: ['get', 'list'],
  },
  {
    group: 'metrics.k8s.io',
    version: 'v1beta1',
    plural: 'nodes',
    singular: '',
    kind: 'NodeMetrics',
    namespaced: false,
    verbs: ['get', 'list'],
  },
  {
    group: 'authorization.k8s.io',
    version: 'v1',
    plural: 'selfsubjectaccessreviews',
    singular: 'selfsubjectaccessreview',
    kind: 'SelfSubjectAccessReview',
    namespaced: false,
    verbs: ['create'],
  },
  {
    group: 'authorization.k8s.io',
    version: 'v1',
    plural: 'selfsubjectrulesreviews',
    singular: 'selfsubjectrulesreview',
    kind: 'SelfSubjectRulesReview',
    namespaced: false,
    verbs: ['create'],
  },
  {
    group: 'authentication.k8s.io',
    version: 'v1',
    plural: 'selfsubjectreviews',
    singular: 'selfsubjectreview',
    kind: 'SelfSubjectReview',
    namespaced: false,
    verbs: ['create'],
  },
];

/** `v1`, `apps/v1`. */
export function apiVersionOf(resource: { group: string; version: string }): string {
  return resource.group === '' ? resource.version : `${resource.group}/${resource.version}`;
}

/** What a path asks for. */
export type Route = {
  resource: Resource;
  namespace?: string;
  name?: string;
  subresource?: string;
};

/** `/apis/apps/v1/namespaces/bentham-prod/deployments/api-gateway/scale` and its like. */
export function route(path: string): Route | undefined {
  const steps = path
    .split('/')
    .filter((step) => step !== '')
    .map(decodeURIComponent);
  const [root, ...rest] = steps;
  if (root !== 'api' && root !== 'apis') return undefined;
  const group = root === 'api' ? '' : rest.shift();
  const version = rest.shift();
  const find = (plural: string | undefined) =>
    resources.find((one) => one.group === group && one.version === version && one.plural === plural);
  // /namespaces/x is a namespace, /namespaces/x/pods are pods in it.
  const namespaced = rest[0] === 'namespaces' && rest.length > 2 && rest[2] !== 'status' ? rest[1] : undefined;
  const [plural, name, subresource, ...more] = namespaced === undefined ? rest : rest.slice(2);
  const resource = find(plural);
  if (!resource || more.length > 0) return undefined;
  if (subresource && !resource.subresources?.some((one) => one.name === subresource)) return undefined;
  if (namespaced !== undefined && !resource.namespaced) return undefined;
  return {
    resource,
    namespace: namespaced,
    name,
    subresource,
  };
}
