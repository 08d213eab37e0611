// What the namespace holds beside pods and deployments, kind by kind: each is watched for itself, and one that may not
// be listed, or does not answer, costs only itself and is named.
import type { Settings } from '../../config/settings.ts';
import type { Workload, Workloads } from '../../core/world/facts.ts';
import type { Fault } from '../../core/world/reading.ts';
import { type Source, timedOut } from '../source.ts';
import { words } from './api-object.ts';
import { toClaim, toCronJob, toJob } from './batch.ts';
import { type Connection, staleAfterBeat } from './connection.ts';
import { toDaemonSet, toReplicaSet, toStatefulSet } from './controllers.ts';
import { toEvent } from './events.ts';
import { type Collection, Reflector } from './reflector.ts';

type Refusal = Workloads['refusals'][number];
type Kind = { group: string; older?: string; kinds: string; read(wire: object): Workload | undefined };

/** As kubectl calls them. What the API server sends is not trusted to be what it should be: readers expect anything. */
const kinds: readonly Kind[] = [
  { group: '/apis/apps/v1', kinds: 'statefulsets', read: toStatefulSet },
  { group: '/apis/apps/v1', kinds: 'daemonsets', read: toDaemonSet },
  { group: '/apis/apps/v1', kinds: 'replicasets', read: toReplicaSet },
  { group: '/apis/batch/v1', kinds: 'jobs', read: toJob },
  // Before 1.21 they were served there only.
  { group: '/apis/batch/v1', older: '/apis/batch/v1beta1', kinds: 'cronjobs', read: toCronJob },
  { group: '/api/v1', kinds: 'persistentvolumeclaims', read: toClaim },
];

/** What is known of one kind: its last list, and why it cannot be seen now. */
type Seen<T> = { values?: readonly T[]; fault?: Fault };

/** Tells the whole namespace whenever a part of it changes. */
export function workloadsSource(connection: Connection, settings: Settings): Source {
  const { namespace } = settings.kubernetes;
  return {
    id: 'kubernetes workloads',
    facts: ['workloads'],
    start(tell, signal) {
      const seen = kinds.map((kind): Seen<Workload> & Kind => ({ ...kind }));
      const refused: Seen<Refusal> = {};
      let lost = false;
      let overdue = false;
      let value: Workloads | undefined;

      const live = () => {
        const answered = seen.every(({ values, fault }) => values || fault);
        if (signal.aborted || lost || !(answered || overdue)) return;
        value ??= {
          all: seen.flatMap(({ values }) => values ?? []),
          unseen: seen.flatMap(({ kinds: name, values, fault }) => {
            if (fault) return [{ kinds: name, fault }];
            return values ? [] : [{ kinds: name, fault: timedOut(connection.where, settings.intervals.timeout) }];
          }),
          refusals: (refused.values ?? []).toSorted((a, b) => b.at - a.at),
        };
        const from = `kubernetes ${connection.context}`;
        tell({ fact: 'workloads', value, at: Date.now(), staleAfter: staleAfterBeat, from });
      };
      const follow = <T>(into: Seen<T>, what: Collection<T>) =>
        new Reflector<T>(connection, what, {
          changed(values) {
            into.values = values;
            delete into.fault;
            value = undefined;
            live();
          },
          failed(fault) {
            into.fault = fault;
            value = undefined;
            live();
          },
        });
      const path = (group: string, name: string) => `${group}/namespaces/${encodeURIComponent(namespace)}/${name}`;
      const followers = seen.map((one) =>
        follow(one, {
          path: path(one.group, one.kinds),
          ...(one.older ? { olderPath: path(one.older, one.kinds) } : {}),
          noun: `${one.kinds} in ${namespace}`,
          read: one.read,
        }),
      );
      const events = follow(refused, {
        path: path('/api/v1', 'events'),
        query: { fieldSelector: 'reason=FailedCreate' },
        noun: `events in ${namespace}`,
        read: toRefusal,
      });
      const all = [...followers, events];
      const timer = setTimeout(() => {
        overdue = true;
        live();
      }, settings.intervals.timeout);
      connection.onBeat((beat) => {
        if (!beat.ok) {
          lost = true;
          tell({ fact: 'workloads', fault: beat.fault, at: beat.at, retryAt: beat.retryAt });
        } else if (lost) {
          lost = false;
          for (const one of all) one.renew();
        } else live();
      }, signal);
      return {
        refresh: () => {
          connection.refresh();
          for (const one of all) one.renew();
        },
        ended: Promise.all(all.map((one) => one.run(signal))).then(() => {
          clearTimeout(timer);
          return connection.close();
        }),
      };
    },
  };
}

/** Why a controller's pods are not created, as its event says it. */
function toRefusal(wire: Parameters<typeof toEvent>[0]): Refusal | undefined {
  const kind = words(wire.involvedObject?.kind, 60);
  const name = words(wire.involvedObject?.name, 253);
  if (!kind || !name) return undefined;
  const { message, at } = toEvent(wire);
  return { kind, name, message, at };
}
