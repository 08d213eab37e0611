// Events, as the scheduler, the kubelet and the controllers write them: the same words about the same object count up.
import { type Event, type KubeObject, kubeTime } from './object.ts';
import type { Store } from './store.ts';

export type Recorder = ReturnType<typeof createRecorder>;

export type Told = {
  about: KubeObject;
  reason: string;
  message: string;
  type?: 'Normal' | 'Warning';
  component: string;
  host?: string;
  fieldPath?: string;
  at: number;
  /** For what happened before the drill began. */
  count?: number;
  first?: number;
};

/** `keep`: events kept in all; the oldest go first, as after the API server's hour. */
export function createRecorder(store: Store, keep = 1000) {
  const known = new Map<string, { namespace: string; name: string }>();

  const record = (told: Told): void => {
    const { about, reason, message, type = 'Normal', component, host, fieldPath, at } = told;
    const namespace = about.metadata.namespace ?? 'default';
    const key = [about.metadata.uid, reason, message, component].join('\n');
    const place = known.get(key);
    const before = place && store.get('events', place.namespace, place.name);
    // Most recently told last, so that the oldest is first to go.
    known.delete(key);
    if (before) {
      known.set(key, { namespace, name: before.metadata.name });
      store.put('events', { ...before, count: before.count + (told.count ?? 1), lastTimestamp: kubeTime(at) });
      return;
    }
    const name = `${about.metadata.name}.${(at * 1_000_000 + (known.size % 1_000_000)).toString(16)}`;
    const event: Omit<Event, 'metadata'> = {
      apiVersion: 'v1',
      kind: 'Event',
      involvedObject: {
        kind: about.kind,
        namespace: about.metadata.namespace || undefined,
        name: about.metadata.name,
        uid: about.metadata.uid,
        apiVersion: about.apiVersion,
        resourceVersion: about.metadata.resourceVersion,
        fieldPath: fieldPath || undefined,
      },
      reason,
      message,
      type,
      source: { component, host: host || undefined },
      firstTimestamp: kubeTime(told.first ?? at),
      lastTimestamp: kubeTime(at),
      count: told.count ?? 1,
      eventTime: null,
      reportingComponent: component,
      reportingInstance: host ?? '',
    };
    store.put('events', { ...event, metadata: { name, namespace, creationTimestamp: kubeTime(told.first ?? at) } });
    known.set(key, { namespace, name });
    for (const [oldest, { namespace: space, name: gone }] of known) {
      if (known.size <= keep) break;
      known.delete(oldest);
      store.remove('events', space, gone);
    }
  };
  return { record };
}
