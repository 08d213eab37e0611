// Events of one object, as the kubelet, the scheduler and the controllers tell them.
import type { CoreV1Event } from '@kubernetes/client-node';
import type { KubeEvent } from '../../core/queries/pod-detail.ts';
import { type Ms, second } from '../../core/time.ts';
import type { Result } from '../source.ts';
import { type ApiList, type ApiObject, count, instant, items, words } from './api-object.ts';
import type { Cluster } from './client.ts';

type WireEvent = ApiObject<CoreV1Event>;

const within: Ms = 5 * second;
/** Events of one object, at most. */
const most = 500;

/** The events about one object, newest first. */
export async function eventsAbout(
  cluster: Cluster,
  namespace: string,
  object: { uid: string } | { name: string; kind?: string },
  signal: AbortSignal,
): Promise<Result<readonly KubeEvent[]>> {
  const about =
    'uid' in object
      ? `involvedObject.uid=${object.uid}`
      : `involvedObject.name=${object.name}${object.kind ? `,involvedObject.kind=${object.kind}` : ''}`;
  const found = await cluster.get<ApiList<CoreV1Event>>({
    path: `/api/v1/namespaces/${encodeURIComponent(namespace)}/events`,
    query: { fieldSelector: about, limit: most },
    timeout: within,
    signal,
    to: `list events in ${namespace}`,
  });
  return found.ok ? { ok: true, value: newestFirst(items(found.value?.items).map(toEvent)) } : found;
}

export function newestFirst(events: readonly KubeEvent[]): readonly KubeEvent[] {
  return events.toSorted((a, b) => b.at - a.at);
}

/** Both kinds of events: with `count` and `lastTimestamp`, and the newer ones with `series` and `eventTime`. */
export function toEvent(wire: WireEvent): KubeEvent {
  const { series, involvedObject } = wire;
  const at =
    instant(series?.lastObservedTime) ??
    instant(wire.lastTimestamp) ??
    instant(wire.eventTime) ??
    instant(wire.firstTimestamp) ??
    instant(wire.metadata?.creationTimestamp) ??
    0;
  const first = instant(wire.firstTimestamp) ?? instant(wire.eventTime);
  return {
    at,
    first,
    count: Math.max(1, count(series?.count) || count(wire.count)),
    warning: wire.type === 'Warning',
    reason: words(wire.reason, 100) ?? '',
    message: words(wire.message, 1000) ?? '',
    from: words(wire.source?.component, 100) ?? words(wire.reportingComponent, 100) ?? '',
    about: [words(involvedObject?.kind, 60), words(involvedObject?.name, 253)].filter(Boolean).join(' '),
  };
}
