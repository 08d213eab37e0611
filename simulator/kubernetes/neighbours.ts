// What runs beside Bentham in its namespace when that is broken: a stateful set that crashes and whose volume claim
// waits, a deployment that finds no image, a job that failed. No controller looks after the stateful set or the job.
import { hour, minute } from '../time.ts';
import { type Deployment, kubeTime, type Pod, type PodTemplate } from './object.ts';
import { faultAnnotation } from './pod-faults.ts';
import { scheduled, waiting } from './podstate.ts';
import type { Draft, Store } from './store.ts';

function template(app: string, image: string, fault: string): PodTemplate {
  return {
    metadata: { labels: { app }, annotations: { [faultAnnotation]: fault } },
    spec: { restartPolicy: 'Always', containers: [{ name: app, image }] },
  };
}

/** Puts them into the store. */
export function seedNeighbours(store: Store, namespace: string, now: number): void {
  const born = (name: string) => ({ name, namespace, generation: 1, creationTimestamp: kubeTime(now - 3 * hour) });
  const proxy = template('session-proxy', 'ghcr.io/bentham/session-proxy:9.9.9', 'ImagePullBackOff');
  const deployment: Draft<Deployment> = {
    apiVersion: 'apps/v1',
    kind: 'Deployment',
    metadata: born('session-proxy'),
    spec: { replicas: 2, selector: { matchLabels: { app: 'session-proxy' } }, template: proxy },
    status: {},
  };
  store.put('deployments', deployment);

  const events = template('event-bus', 'nats:2.10', 'CrashLoopBackOff');
  const set = store.put('statefulsets', {
    apiVersion: 'apps/v1',
    kind: 'StatefulSet',
    metadata: born('event-bus'),
    spec: { replicas: 2, serviceName: 'event-bus', selector: { matchLabels: { app: 'event-bus' } }, template: events },
    status: {
      observedGeneration: 1,
      replicas: 2,
      currentReplicas: 2,
      updatedReplicas: 2,
      currentRevision: 'event-bus-6c9d8b7f5',
      updateRevision: 'event-bus-6c9d8b7f5',
    },
  });
  const node = store.list('nodes')[0];
  const place = { name: node?.metadata.name ?? '', ip: node?.status.addresses[0]?.address ?? '' };
  for (const ordinal of [0, 1]) {
    const { uid } = set.metadata;
    const owner = { apiVersion: 'apps/v1', kind: 'StatefulSet', name: 'event-bus', uid, controller: true };
    const draft = {
      apiVersion: 'v1',
      kind: 'Pod',
      metadata: { ...events.metadata, ...born(`event-bus-${ordinal}`), ownerReferences: [owner] },
      spec: events.spec,
      status: { phase: 'Pending', conditions: [] },
    } as unknown as Pod;
    const placed = scheduled(draft, place, now - 3 * hour);
    const why = { reason: 'CrashLoopBackOff', message: 'back-off 5m0s restarting failed container=event-bus' };
    const crashed = { ...placed, status: { ...placed.status, phase: 'Running' as const } };
    store.put('pods', waiting(crashed, why, now - minute));
  }
  store.put('persistentvolumeclaims', {
    apiVersion: 'v1',
    kind: 'PersistentVolumeClaim',
    metadata: born('data-event-bus-1'),
    spec: { accessModes: ['ReadWriteOnce'], resources: { requests: { storage: '20Gi' } } },
    status: { phase: 'Pending' },
  });
  store.put('jobs', {
    apiVersion: 'batch/v1',
    kind: 'Job',
    metadata: born('export-reports'),
    spec: { backoffLimit: 2, template: template('export-reports', 'ghcr.io/bentham/reports:4.1', 'CrashLoopBackOff') },
    status: {
      failed: 3,
      startTime: kubeTime(now - 3 * hour),
      conditions: [
        {
          type: 'Failed',
          status: 'True',
          reason: 'BackoffLimitExceeded',
          message: 'Job has reached the specified backoff limit',
          lastTransitionTime: kubeTime(now - 2 * hour),
        },
      ],
    },
  });
}
