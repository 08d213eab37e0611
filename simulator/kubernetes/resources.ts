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

const stream = ['create', 'get'] as const;
const optionsOf: Readonly<Record<string, string>> = {
  exec: 'ExecOptions',
  attach: 'AttachOptions',
  portforward: 'PortForwardOptions',
};

const all = ['all'] as const;

/** A resource that is stored under its own name and can be changed; in a namespace, unless `more` says otherwise. */
const stored = (
  group: Resource['group'],
  version: string,
  plural: Plural,
  kind: string,
  more: Partial<Pick<Resource, 'namespaced' | 'short' | 'categories' | 'subresources'>> = {},
): Resource => ({
  group,
  version,
  plural,
  singular: kind.toLowerCase(),
  kind,
  namespaced: true,
  verbs: everything,
  stored: plural,
  ...more,
});

export const resources: readonly Resource[] = [
  stored('', 'v1', 'namespaces', 'Namespace', {
    namespaced: false,
    short: ['ns'],
    subresources: [status('Namespace')],
  }),
  stored('', 'v1', 'nodes', 'Node', { namespaced: false, short: ['no'], subresources: [status('Node')] }),
  stored('', 'v1', 'pods', 'Pod', {
    short: ['po'],
    subresources: [
      { name: 'log', kind: 'Pod', verbs: ['get'] },
      ...['exec', 'attach', 'portforward'].map((name) => ({ name, kind: `Pod${optionsOf[name]}`, verbs: stream })),
      { name: 'ephemeralcontainers', kind: 'Pod', verbs: change },
      status('Pod'),
    ],
    categories: all,
  }),
  stored('', 'v1', 'services', 'Service', { short: ['svc'], categories: all }),
  stored('', 'v1', 'configmaps', 'ConfigMap', { short: ['cm'] }),
  stored('', 'v1', 'secrets', 'Secret'),
  stored('', 'v1', 'events', 'Event', { short: ['ev'] }),
  stored('', 'v1', 'resourcequotas', 'ResourceQuota', { short: ['quota'], subresources: [status('ResourceQuota')] }),
  stored('', 'v1', 'limitranges', 'LimitRange', { short: ['limits'] }),
  stored('apps', 'v1', 'deployments', 'Deployment', {
    short: ['deploy'],
    subresources: [scale, status('Deployment')],
    categories: all,
  }),
  stored('apps', 'v1', 'replicasets', 'ReplicaSet', {
    short: ['rs'],
    subresources: [scale, status('ReplicaSet')],
    categories: all,
  }),
  stored('apps', 'v1', 'statefulsets', 'StatefulSet', {
    short: ['sts'],
    subresources: [scale, status('StatefulSet')],
    categories: all,
  }),
  stored('apps', 'v1', 'daemonsets', 'DaemonSet', {
    short: ['ds'],
    subresources: [status('DaemonSet')],
    categories: all,
  }),
  stored('batch', 'v1', 'jobs', 'Job', { subresources: [status('Job')], categories: all }),
  stored('batch', 'v1', 'cronjobs', 'CronJob', { short: ['cj'], subresources: [status('CronJob')], categories: all }),
  stored('', 'v1', 'replicationcontrollers', 'ReplicationController', {
    short: ['rc'],
    subresources: [status('ReplicationController'), scale],
    categories: all,
  }),
  stored('', 'v1', 'persistentvolumeclaims', 'PersistentVolumeClaim', {
    short: ['pvc'],
    subresources: [status('PersistentVolumeClaim')],
  }),
  stored('autoscaling', 'v2', 'horizontalpodautoscalers', 'HorizontalPodAutoscaler', {
    short: ['hpa'],
    categories: all,
  }),
  stored('autoscaling', 'v1', 'horizontalpodautoscalers', 'HorizontalPodAutoscaler', {
    short: ['hpa'],
    categories: all,
  }),
  stored('policy', 'v1', 'poddisruptionbudgets', 'PodDisruptionBudget', { short: ['pdb'] }),
  stored('events.k8s.io', 'v1', 'events', 'Event', { short: ['ev'] }),
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
