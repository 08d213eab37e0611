import type { V1Deployment } from '@kubernetes/client-node';
import type { Settings } from '../../config/settings.ts';
import { type Checkup, faulty } from '../../core/health/checkup.ts';
import { formatAge } from '../../core/text/format.ts';
import { sanitize } from '../../core/text/text.ts';
import { type Ms, second } from '../../core/time.ts';
import type { DoctorCheck } from '../doctor-check.ts';
import { askedOfKubectl, describeRight, may, type Right } from './access.ts';
import { type ApiList, items } from './api-object.ts';
import { type Cluster, openCluster } from './client.ts';
import { eventsNamespace } from './node-query.ts';

const area = 'kubernetes';

/** A purpose and the rights it takes: in Bentham's namespace, in another one, or in the whole cluster (empty). */
type Purpose = { what: string; essential: boolean; namespace?: string; rights: readonly Omit<Right, 'namespace'>[] };

const apps = 'apps';
const purposes: readonly Purpose[] = [
  { what: 'watch pods', essential: true, rights: verbs(['list', 'watch'], { resource: 'pods' }) },
  {
    what: 'watch deployments',
    essential: true,
    rights: verbs(['list', 'watch'], { group: apps, resource: 'deployments' }),
  },
  {
    what: 'watch other workloads',
    essential: false,
    rights: [
      ...['statefulsets', 'daemonsets', 'replicasets'].flatMap((resource) =>
        verbs(['list', 'watch'], { group: apps, resource }),
      ),
      ...['jobs', 'cronjobs'].flatMap((resource) => verbs(['list', 'watch'], { group: 'batch', resource })),
      ...verbs(['list', 'watch'], { resource: 'replicationcontrollers' }),
      ...verbs(['list', 'watch'], { resource: 'persistentvolumeclaims' }),
      ...verbs(['list', 'watch'], { group: 'autoscaling', resource: 'horizontalpodautoscalers' }),
      ...verbs(['list', 'watch'], { group: 'policy', resource: 'poddisruptionbudgets' }),
    ],
  },
  { what: 'watch nodes', essential: false, namespace: '', rights: verbs(['list', 'watch'], { resource: 'nodes' }) },
  { what: 'read logs', essential: true, rights: verbs(['get'], { resource: 'pods', subresource: 'log' }) },
  {
    what: 'revisions and events',
    essential: false,
    rights: [...verbs(['list'], { group: apps, resource: 'replicasets' }), ...verbs(['list'], { resource: 'events' })],
  },
  { what: 'pod details', essential: false, rights: verbs(['get'], { resource: 'pods' }) },
  {
    what: 'pod metrics',
    essential: false,
    rights: verbs(['get'], { group: 'metrics.k8s.io', resource: 'pods' }),
  },
  {
    what: 'nodes and node metrics',
    essential: false,
    namespace: '',
    rights: [
      ...verbs(['get'], { resource: 'nodes' }),
      ...verbs(['get'], { group: 'metrics.k8s.io', resource: 'nodes' }),
    ],
  },
  {
    what: 'node events',
    essential: false,
    namespace: eventsNamespace,
    rights: verbs(['list'], { resource: 'events' }),
  },
  {
    what: 'restart, roll back',
    essential: false,
    rights: verbs(['get', 'patch'], { group: apps, resource: 'deployments' }),
  },
  {
    what: 'scale',
    essential: false,
    rights: verbs(['patch'], { group: apps, resource: 'deployments', subresource: 'scale' }),
  },
  {
    what: 'capacity to scale',
    essential: false,
    rights: [
      ...verbs(['list'], { resource: 'resourcequotas' }),
      ...verbs(['list'], { resource: 'limitranges' }),
      ...verbs(['list'], { group: 'policy', resource: 'poddisruptionbudgets' }),
    ],
  },
  {
    what: 'shell and port-forward',
    essential: false,
    rights: ['exec', 'attach', 'portforward'].flatMap((subresource) =>
      verbs(['get', 'create'], { resource: 'pods', subresource }),
    ),
  },
  {
    what: 'debug container',
    essential: false,
    rights: verbs(['patch'], { resource: 'pods', subresource: 'ephemeralcontainers' }),
  },
  {
    what: 'deploy (kubectl apply)',
    essential: false,
    rights: verbs(['get', 'create', 'patch'], { group: apps, resource: 'deployments' }),
  },
];

function verbs(all: readonly string[], of: { group?: string; resource: string; subresource?: string }) {
  return all.map((verb) => ({ verb, ...of }));
}

/** What a role can grant for objects by their names. */
const byName: readonly string[] = ['get', 'patch'];

/** The cluster, the deployments of the configuration, and every right the sources and remediations take. */
export function kubernetesProbe(settings: Settings, timeout: Ms): DoctorCheck {
  return {
    area,
    what: 'cluster',
    where: settings.kubernetes.context ? `context ${settings.kubernetes.context}` : 'kubernetes',
    essential: true,
    async run(signal) {
      const opened = await openCluster(settings.kubernetes);
      if (!opened.ok) return [faulty({ area, what: 'cluster' }, opened.fault, true)];
      const cluster = opened.value;
      try {
        const beat = await cluster.pulse(timeout, signal);
        if (!beat.ok) return [faulty({ area, what: `cluster ${cluster.context}` }, beat.fault, true)];
        const answer = [cluster.server, beat.value.version, `${Math.round(beat.value.latency)} ms`];
        const [deployments, ...rights] = await Promise.all([
          deploymentsThere(cluster, settings, timeout, signal),
          ...purposes.map((purpose) => allowed(cluster, purpose, settings.kubernetes, timeout, signal)),
        ]);
        return [
          { area, what: `cluster ${cluster.context}`, verdict: 'ok', answer: answer.filter(Boolean).join(', ') },
          ...clock(cluster.clockOffset),
          ...(deployments ?? []),
          ...rights.flat(),
        ];
      } finally {
        await cluster.close();
      }
    },
  };
}

/** Ages are counted by this machine's clock. */
function clock(offset: Ms): Checkup[] {
  if (Math.abs(offset) < 10 * second) return [];
  const answer = `this machine is ${formatAge(Math.abs(offset))} ${offset > 0 ? 'behind' : 'ahead of'} the cluster`;
  return [{ area, what: 'clock', verdict: 'warning', answer, todo: 'set the clock (timedatectl set-ntp true)' }];
}

async function allowed(
  cluster: Cluster,
  { what, essential, rights, ...purpose }: Purpose,
  { deployments, ...kubernetes }: Settings['kubernetes'],
  timeout: Ms,
  signal: AbortSignal,
): Promise<Checkup[]> {
  const about = { area, what };
  const namespace = purpose.namespace ?? kubernetes.namespace;
  const ask = (right: Omit<Right, 'namespace'>) => may(cluster, { ...right, namespace }, timeout, signal);
  const answers = await Promise.all(
    rights.map(async (right) => {
      const answer = await ask(right);
      if (!answer.ok || answer.value.allowed || right.resource !== 'deployments' || !byName.includes(right.verb))
        return answer;
      // A role may be about our deployments only, by their names.
      const named = await Promise.all(Object.values(deployments).map((name) => ask({ ...right, name })));
      return named.find((one) => !one.ok || !one.value.allowed) ?? named[0] ?? answer;
    }),
  );
  const failed = answers.find((one) => !one.ok);
  if (failed && !failed.ok) return [faulty(about, { ...failed.fault, kind: 'unreachable' }, essential)];
  const denied = rights.filter((_, i) => {
    const one = answers[i];
    return one?.ok && !one.value.allowed;
  });
  const names = (of: typeof rights) => of.map((right) => describeRight({ ...right, namespace })).join(', ');
  if (denied.length === 0) return [{ ...about, verdict: 'ok', answer: `allowed to ${names(rights)}` }];
  const why = answers.map((one) => (one.ok && !one.value.allowed ? one.value.why : '')).find(Boolean);
  return [
    {
      ...about,
      verdict: essential ? 'critical' : 'warning',
      answer: `not allowed to ${names(denied)} in ${namespace || 'the cluster'}${why ? `: ${why}` : ''}`,
      todo: `request a role that allows it${denied[0] ? `: ${askedOfKubectl({ ...denied[0], namespace })}` : ''}`,
    },
  ];
}

/** The three deployments by the names of the configuration: a wrong namespace or name shows here. */
async function deploymentsThere(
  cluster: Cluster,
  { kubernetes: { namespace, deployments } }: Settings,
  timeout: Ms,
  signal: AbortSignal,
): Promise<Checkup[]> {
  const about = { area, what: 'deployments' };
  const path = `/apis/apps/v1/namespaces/${encodeURIComponent(namespace)}/deployments`;
  const answer = await cluster.get<ApiList<V1Deployment>>({
    path,
    timeout,
    signal,
    to: `list deployments in ${namespace}`,
  });
  // The right to list has its own row.
  if (!answer.ok) return answer.fault.kind === 'forbidden' ? [] : [faulty(about, answer.fault, true)];
  const there = items(answer.value.items).map((one) => sanitize(one.metadata?.name, 80));
  const wanted = Object.values(deployments);
  const absent = wanted.filter((name) => !there.includes(name));
  if (absent.length === 0) return [{ ...about, verdict: 'ok', answer: `${wanted.join(', ')} are in ${namespace}` }];
  if (there.length === 0) {
    const path = `/api/v1/namespaces/${encodeURIComponent(namespace)}`;
    const space = await cluster.get({ path, timeout, signal, to: 'get namespaces' });
    // A namespace that is not there has an empty list of everything, and no error.
    if (!space.ok && space.status === 404)
      return [
        {
          ...about,
          verdict: 'critical',
          answer: `no namespace ${namespace} in context ${cluster.context}`,
          todo: 'check kubernetes.namespace and kubernetes.context',
        },
      ];
  }
  const others = there.filter((name) => !wanted.includes(name)).slice(0, 5);
  return [
    {
      ...about,
      verdict: 'critical',
      answer: `${absent.join(', ')}: not in ${namespace}${others.length > 0 ? `, which has ${others.join(', ')}` : there.length === 0 ? ', which has none' : ''}`,
      todo: 'check kubernetes.namespace and kubernetes.deployments',
    },
  ];
}
