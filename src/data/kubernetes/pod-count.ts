// How many pods the namespace has, where only some of them are watched (kubernetes.podSelector).
import { type Ms, second } from '../../core/time.ts';
import { pause } from '../source.ts';
import type { ApiList } from './api-object.ts';
import { count, items } from './api-object.ts';
import type { Connection } from './connection.ts';

const every: Ms = 30 * second;

/**
 * Asks for one pod and how many remain (ListMeta.remainingItemCount), until the signal aborts. Tells undefined where the
 * server does not answer.
 */
export async function followPodCount(
  connection: Connection,
  tell: (pods: number | undefined) => void,
  signal: AbortSignal,
): Promise<void> {
  const { namespace } = connection.settings.kubernetes;
  while (!signal.aborted) {
    const opened = await connection.open();
    const found = opened.ok
      ? await opened.value.get<ApiList<object>>({
          path: `/api/v1/namespaces/${encodeURIComponent(namespace)}/pods`,
          query: { limit: 1 },
          timeout: 5 * second,
          signal,
          to: `list pods in ${namespace}`,
        })
      : opened;
    if (signal.aborted) return;
    tell(found.ok ? totalOf(found.value) : undefined);
    await pause(every, signal);
  }
}

type Counted = { items?: readonly object[] | null; metadata?: { remainingItemCount?: unknown } | null };

function totalOf(list: Counted): number {
  return items(list.items).length + count(list.metadata?.remainingItemCount);
}
