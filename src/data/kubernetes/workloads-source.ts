// What the namespace holds beside pods and deployments, kind by kind: each is watched for itself, and one that may not
// be listed, or does not answer, costs only itself and is named.
import type { Settings } from '../../config/settings.ts';
import type { Ms } from '../../core/time.ts';
import type { KeptRevision, Node, Workload, Workloads } from '../../core/world/facts.ts';
import type { Fault } from '../../core/world/reading.ts';
import { type Source, timedOut } from '../source.ts';
import { words } from './api-object.ts';
import { toAutoscaler, toBudget } from './autoscaling.ts';
import { toClaim, toCronJob, toJob } from './batch.ts';
import { type Connection, staleAfterBeat } from './connection.ts';
import { toDaemonSet, toReplicaSet, toReplicationController, toStatefulSet } from './controllers.ts';
import { toEvent } from './events.ts';
import { toKeptRevision } from './kept-revisions.ts';
import { toNode } from './nodes.ts';
import { followPodCount } from './pod-count.ts';
import type { Collection } from './reflector.ts';
import { ReflectorGroup } from './reflector-group.ts';

type Refusal = Workloads['refusals'][number];
/** A replica set is a workload of its own, or keeps a revision of its deployment. */
type Read = Workload | KeptRevision;
type Kind = { group: string; older?: string; optional?: true; kinds: string; read(wire: object): Read | undefined };

const isRevision = (one: Read): one is KeptRevision => one.kind === 'Revision';

/** As kubectl calls them. What the API server sends is not trusted to be what it should be: readers expect anything. */
const kinds: readonly Kind[] = [
  { group: '/apis/apps/v1', kinds: 'statefulsets', read: toStatefulSet },
  { group: '/apis/apps/v1', kinds: 'daemonsets', read: toDaemonSet },
  { group: '/apis/apps/v1', kinds: 'replicasets', read: (wire) => toReplicaSet(wire) ?? toKeptRevision(wire) },
  { group: '/api/v1', kinds: 'replicationcontrollers', optional: true, read: toReplicationController },
  { group: '/apis/batch/v1', kinds: 'jobs', read: toJob },
  // Before 1.21 they were served there only.
  { group: '/apis/batch/v1', older: '/apis/batch/v1beta1', kinds: 'cronjobs', read: toCronJob },
  { group: '/api/v1', kinds: 'persistentvolumeclaims', read: toClaim },
  // Where a server does not have these kinds, nothing of them can be there.
  {
    group: '/apis/autoscaling/v2',
    older: '/apis/autoscaling/v2beta2',
    kinds: 'horizontalpodautoscalers',
    optional: true,
    read: toAutoscaler,
  },
  {
    group: '/apis/policy/v1',
    older: '/apis/policy/v1beta1',
    kinds: 'poddisruptionbudgets',
    optional: true,
    read: toBudget,
  },
];

/** Events that tell what no object does: of controllers, the kubelet and the attach-detach controller. */
const told = ['FailedCreate', 'FailedMount', 'FailedAttachVolume'];

/**
 * The state of one kind: its last list, and why it cannot be listed now. `at`: when the list came or changed, on this
 * process's clock; undefined: not since the server was reached.
 */
type Seen<T> = {
  values?: readonly T[];
  at?: Ms | undefined;
  fault?: Fault | undefined;
  reflector?: { readonly watching: boolean };
};

/** Reports the whole namespace whenever a part of it changes. */
export function workloadsSource(connection: Connection, settings: Settings): Source {
  const { namespace } = settings.kubernetes;
  return {
    id: 'kubernetes workloads',
    facts: ['workloads'],
    start(emit, signal) {
      const seen = kinds.map((kind): Seen<Read> & Kind => ({ ...kind }));
      const refused = told.map((): Seen<Refusal> => ({}));
      const nodes: Seen<Node> & Pick<Kind, 'kinds'> = { kinds: 'nodes' };
      const counted: { pods?: number | undefined; due: boolean } = { due: settings.kubernetes.podSelector !== '' };
      const group = new ReflectorGroup(connection);
      const { timeout } = settings.intervals;
      // From when on a kind that has not been listed is named instead of waited for.
      let due = performance.now() + timeout;
      let late = '';
      let value: Workloads | undefined;

      const live = (at = Date.now()) => {
        const all = [...seen, nodes];
        const answered = !counted.due && all.every(({ at: heard, fault }) => heard !== undefined || fault);
        if (signal.aborted || group.lost || !(answered || performance.now() >= due)) return;
        const lateNow = all.filter(isLate).map(({ kinds: name }) => name);
        if (late !== lateNow.join()) value = undefined;
        late = lateNow.join();
        const read = seen.flatMap(({ values }) => values ?? []);
        const sets = seen.find(({ kinds: name }) => name === 'replicasets');
        const revisions = sets?.values && read.filter(isRevision);
        value ??= {
          all: read.filter((one) => !isRevision(one)),
          revisions,
          deploys: (revisions ?? []).map(({ deployment, first, createdAt }) => ({
            deployment,
            revision: first,
            at: createdAt,
          })),
          nodes: nodes.values ?? [],
          podsThere: counted.pods,
          unseen: all.flatMap(({ kinds: name, at: heard, fault }) => {
            if (fault) return [{ kinds: name, fault }];
            if (lateNow.includes(name)) return [{ kinds: name, fault: timedOut(connection.where, staleAfterBeat) }];
            return heard === undefined ? [{ kinds: name, fault: timedOut(connection.where, timeout) }] : [];
          }),
          refusals: refused.flatMap(({ values }) => values ?? []).toSorted((a, b) => b.at - a.at),
        };
        const from = `kubernetes ${connection.context}`;
        emit({ fact: 'workloads', value, at, staleAfter: staleAfterBeat, from });
      };
      const hear = <T>(into: Seen<T>, heard: Pick<Seen<T>, 'values' | 'fault' | 'at'>) => {
        Object.assign(into, { at: performance.now(), fault: undefined, ...heard });
        value = undefined;
        live();
      };
      const follow = <T>(into: Seen<T>, what: Collection<T>, isNothing: (fault: Fault) => boolean = () => false) => {
        into.reflector = group.add<T>(what, {
          changed: (values) => hear(into, { values }),
          failed: (fault) => hear(into, isNothing(fault) ? { values: [], at: Number.POSITIVE_INFINITY } : { fault }),
        });
      };
      const path = (group: string, name: string) => `${group}/namespaces/${encodeURIComponent(namespace)}/${name}`;
      for (const one of seen) {
        const what: Collection<Read> = {
          path: path(one.group, one.kinds),
          olderPath: one.older && path(one.older, one.kinds),
          noun: `${one.kinds} in ${namespace}`,
          read: one.read,
        };
        follow(one, what, ({ code }) => one.optional === true && code === '404');
      }
      // Nodes are no part of the namespace: many roles may not list them, and doctor says so.
      follow(nodes, { path: '/api/v1/nodes', noun: 'nodes', read: toNode }, ({ kind }) => kind === 'forbidden');
      for (const [at, reason] of told.entries())
        follow(refused[at] ?? {}, {
          path: path('/api/v1', 'events'),
          query: { fieldSelector: `reason=${reason}` },
          noun: `events in ${namespace}`,
          read: toRefusal,
        });
      // A timer may go off a little early.
      const timer = setTimeout(live, timeout + 2);
      const { refresh, ended } = group.start(
        {
          alive: live,
          lost({ fault, at, retryAt }) {
            // When the server is back all kinds are listed again: what came before tells nothing until then.
            for (const one of [...seen, nodes]) Object.assign(one, { at: undefined, fault: undefined });
            value = undefined;
            due = performance.now() + timeout;
            emit({ fact: 'workloads', fault, at, retryAt });
          },
        },
        signal,
      );
      const count = (pods: number | undefined) => {
        Object.assign(counted, { pods, due: false });
        value = undefined;
        live();
      };
      const counting = counted.due ? followPodCount(connection, count, signal) : undefined;
      return { refresh, ended: Promise.all([ended, counting]).then(() => clearTimeout(timer)) };
    },
  };
}

/** Whether its last list counts no more: neither is it watched, nor was it listed again for as long as a reading is fresh. */
const isLate = ({ at, fault, reflector }: Seen<unknown>): boolean =>
  at !== undefined && !fault && !reflector?.watching && performance.now() - at > staleAfterBeat;

/** Why a controller's pods are not created, or a pod does not get its volumes, as the event says it. */
function toRefusal(wire: Parameters<typeof toEvent>[0]): Refusal | undefined {
  const kind = words(wire.involvedObject?.kind, 60);
  const name = words(wire.involvedObject?.name, 253);
  if (!kind || !name) return undefined;
  const { message, at } = toEvent(wire);
  return { kind, name, message, at };
}
