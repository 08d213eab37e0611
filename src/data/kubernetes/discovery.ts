// What the API server serves, by the names that kubectl prints: `deployment.apps`, `configmap`.
import type { V1APIGroup, V1APIResourceList } from '@kubernetes/client-node';
import { sanitize } from '../../core/text/text.ts';
import { type Ms, second } from '../../core/time.ts';
import type { Result } from '../source.ts';
import { type ApiObject, items } from './api-object.ts';
import type { Cluster } from './client.ts';

export type ResourceName = { group: string; resource: string; namespaced: boolean };

const within: Ms = 8 * second;

/** The resource of a kind; its preferred version first. */
export async function discovered(cluster: Cluster, kind: string, signal: AbortSignal): Promise<Result<ResourceName>> {
  const [singular = '', ...rest] = kind.split('.');
  const group = rest.join('.');
  const get = <T>(path: string) => cluster.get<T>({ path, timeout: within, signal, to: `discover ${path}` });
  const paths = ['/api/v1'];
  if (group) {
    const found = await get<ApiObject<V1APIGroup>>(`/apis/${encodeURIComponent(group)}`);
    if (!found.ok) return found;
    const { preferredVersion, versions } = found.value;
    const named = [preferredVersion, ...items(versions)].flatMap((one) => one?.groupVersion ?? []);
    paths.splice(0, 1, ...[...new Set(named)].map((version) => `/apis/${version}`));
  }
  for (const path of paths) {
    const served = await get<ApiObject<V1APIResourceList>>(path);
    if (!served.ok) return served;
    const own = items(served.value.resources).find(
      ({ name, singularName, kind: called }) =>
        name && !name.includes('/') && (singularName === singular || called?.toLowerCase() === singular),
    );
    if (own?.name) return { ok: true, value: { group, resource: own.name, namespaced: own.namespaced === true } };
  }
  const what = `it does not serve ${sanitize(kind, 100)}`;
  return {
    ok: false,
    fault: { kind: 'malformed', where: cluster.where, what, hint: 'check that its CRD is installed' },
  };
}
