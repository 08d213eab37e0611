// Pods and deployments, watched. One source owns both lists: both are needed to assign a pod to its deployment.
import type { Settings } from '../../config/settings.ts';
import { steady } from '../../core/growing.ts';
import type { Instant } from '../../core/time.ts';
import type { Facts } from '../../core/world/facts.ts';
import type { Source, SourceUpdate } from '../source.ts';
import { type Connection, staleAfterBeat } from './connection.ts';
import {
  type LabelledPod,
  PodOwnership,
  type SelectingDeployment,
  toLabelledPod,
  toSelecting,
} from './pod-ownership.ts';
import { ReflectorGroup } from './reflector-group.ts';

/** Each fact is live while its list is watched and the server shows signs of life. */
export function podsSource(connection: Connection, settings: Settings): Source {
  const { namespace, podSelector } = settings.kubernetes;
  const inNamespace = encodeURIComponent(namespace);
  return {
    id: 'kubernetes pods',
    facts: ['pods', 'deployments'],
    start(emit, signal) {
      const ownership = new PodOwnership();
      const group = new ReflectorGroup(connection);
      let listedPods: readonly LabelledPod[] | undefined;
      let listedDeployments: readonly SelectingDeployment[] | undefined;
      let emitted: Facts['pods'] | undefined;
      let emittedDeployments: Facts['deployments'] | undefined;

      const live = (at: Instant) => ({ at, staleAfter: staleAfterBeat, from: `kubernetes ${connection.context}` });
      const ownedPods = () => ownership.assign(listedPods ?? [], listedDeployments ?? []);
      const emitPods = (at = Date.now()) => {
        if (!listedPods || signal.aborted) return;
        emitted = steady(emitted, ownedPods());
        emit({ fact: 'pods', value: emitted, ...live(at) });
      };
      const emitDeployments = (at = Date.now()) => {
        if (!listedDeployments || signal.aborted) return;
        emittedDeployments = steady(
          emittedDeployments,
          listedDeployments.map(({ deployment }) => deployment),
        );
        emit({ fact: 'deployments', value: emittedDeployments, ...live(at) });
      };
      const failed = (update: SourceUpdate) => {
        if (!group.lost) emit(update);
      };

      const pods = group.add<LabelledPod>(
        {
          path: `/api/v1/namespaces/${inNamespace}/pods`,
          query: { labelSelector: podSelector },
          noun: `pods in ${namespace}`,
          read: toLabelledPod,
        },
        {
          changed(listed) {
            listedPods = listed;
            emitPods();
          },
          failed: (fault, retryAt) => failed({ fact: 'pods', fault, at: Date.now(), retryAt }),
        },
      );
      const deployments = group.add<SelectingDeployment>(
        {
          path: `/apis/apps/v1/namespaces/${inNamespace}/deployments`,
          noun: `deployments in ${namespace}`,
          read: toSelecting,
        },
        {
          changed(listed) {
            listedDeployments = listed;
            emitDeployments();
            const before = emitted;
            // A single look lists both at once.
            if (group.lost || !(pods.watching || connection.once) || !before) return;
            if (steady(before, ownedPods()) !== before) emitPods();
          },
          failed: (fault, retryAt) => failed({ fact: 'deployments', fault, at: Date.now(), retryAt }),
        },
      );
      return group.start(
        {
          alive(at) {
            if (pods.watching) emitPods(at);
            if (deployments.watching) emitDeployments(at);
          },
          lost({ fault, at, retryAt }) {
            emit({ fact: 'pods', fault, at, retryAt });
            emit({ fact: 'deployments', fault, at, retryAt });
          },
        },
        signal,
      );
    },
  };
}
