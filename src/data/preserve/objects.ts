// The objects of a namespace, page by page: what `kubectl cluster-info dump` saves, and what else tells how things stood.
// Never Secrets nor ConfigMaps: they hold what nobody needs to explain an incident.
import type { V1Pod } from '@kubernetes/client-node';
import { redactedValue } from '../../core/preserve/redacted.ts';
import { type Ms, second } from '../../core/time.ts';
import type { ApiList, ApiObject } from '../kubernetes/api-object.ts';
import type { Cluster } from '../kubernetes/client.ts';
import { type Collecting, fullReason } from './collecting.ts';

/** Objects of a page. */
const perPage = 250;
/** Half a million objects; a server that goes on for ever does not. */
const mostPages = 2000;
const within: Ms = 30 * second;

/** The kinds, by the API that has them; `everywhere`: they belong to no namespace. */
export const kinds: readonly { api: string; plural: string; everywhere?: true }[] = [
  { api: '/api/v1', plural: 'events' },
  { api: '/api/v1', plural: 'pods' },
  { api: '/api/v1', plural: 'services' },
  { api: '/api/v1', plural: 'endpoints' },
  { api: '/api/v1', plural: 'persistentvolumeclaims' },
  { api: '/api/v1', plural: 'resourcequotas' },
  { api: '/apis/apps/v1', plural: 'deployments' },
  { api: '/apis/apps/v1', plural: 'replicasets' },
  { api: '/apis/apps/v1', plural: 'statefulsets' },
  { api: '/apis/apps/v1', plural: 'daemonsets' },
  { api: '/apis/batch/v1', plural: 'jobs' },
  { api: '/apis/batch/v1', plural: 'cronjobs' },
  { api: '/apis/autoscaling/v1', plural: 'horizontalpodautoscalers' },
  { api: '/apis/policy/v1', plural: 'poddisruptionbudgets' },
  { api: '/apis/networking.k8s.io/v1', plural: 'ingresses' },
  { api: '/apis/networking.k8s.io/v1', plural: 'networkpolicies' },
  { api: '/api/v1', plural: 'nodes', everywhere: true },
];

type Page<T> = ApiList<T> & { metadata?: { continue?: string | null } | null };

/** Each page of a kind; throws what the server said. */
export async function* pagesOf<T>(
  cluster: Cluster,
  { api, plural, everywhere }: (typeof kinds)[number],
  namespace: string,
  signal: AbortSignal,
): AsyncGenerator<readonly ApiObject<T>[]> {
  const path = `${api}${everywhere ? '' : `/namespaces/${encodeURIComponent(namespace)}`}/${plural}`;
  let next: string | undefined;
  for (let page = 0; page < mostPages; page += 1) {
    const answer = await cluster.get<Page<T>>({
      path,
      query: { limit: perPage, continue: next },
      timeout: within,
      signal,
      to: `list ${plural}`,
    });
    if (!answer.ok) {
      // An API that this cluster does not have holds nothing.
      if (answer.status === 404) return;
      throw new Refused(answer.fault.what);
    }
    const { items, metadata } = answer.value;
    yield Array.isArray(items) ? items : [];
    const before = next;
    next = metadata?.continue || undefined;
    if (next === undefined) return;
    if (next === before) throw new Refused(`${cluster.where} gives the same page of ${plural} again and again`);
  }
  throw new Refused(`more than ${mostPages} pages of ${plural}`);
}

/** What the server said, sanitized. */
export class Refused extends Error {}

/** Saves each kind as `kubernetes/KIND.json`, a List as kubectl prints it, one object on each line. */
export async function saveObjects(cluster: Cluster, namespace: string, collecting: Collecting): Promise<void> {
  const { archive, content, over } = collecting;
  for (const kind of kinds) {
    const name = `kubernetes/${kind.plural}.json`;
    if (archive.has(name) || collecting.ending) continue;
    const part = await archive.part(name, { anew: true });
    const write = (text: string) => part.write(Buffer.from(text), { same: 0 });
    let partial: string | undefined;
    try {
      let first = true;
      await write('{"apiVersion":"v1","kind":"List","items":[\n');
      for await (const page of pagesOf<object>(cluster, kind, namespace, over)) {
        const text = page.map((one) => JSON.stringify(content === 'whole' ? one : redactedValue(one))).join(',\n');
        if (text === '') continue;
        if (!collecting.takes(text.length)) {
          partial = fullReason;
          break;
        }
        await write(`${first ? '' : ',\n'}${text}`);
        first = false;
      }
      await write('\n]}\n');
    } catch (error) {
      if (collecting.stopped.aborted) {
        await archive.drop(part);
        return;
      }
      if (!(error instanceof Refused)) throw error;
      await archive.drop(part);
      archive.lacks(name, collecting.ending ?? error.message);
      continue;
    }
    await archive.close(part, partial);
  }
}

/** All pods, for their logs. Throws `Refused`. */
export async function* podsOf(cluster: Cluster, namespace: string, signal: AbortSignal) {
  for await (const page of pagesOf<V1Pod>(cluster, { api: '/api/v1', plural: 'pods' }, namespace, signal)) yield* page;
}
