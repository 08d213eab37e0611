// kubectl get KIND [NAME]: the server makes the table, kubectl only aligns it.
import { Refused } from './entry.ts';
import type { Verb } from './verb.ts';

type Table = {
  columnDefinitions: readonly { name: string; priority?: number }[];
  rows?: readonly { cells: readonly unknown[] }[] | null;
};

const kinds: Readonly<Record<string, string>> = {
  ...{ pod: 'pods', pods: 'pods', po: 'pods', event: 'events', events: 'events', node: 'nodes', nodes: 'nodes' },
  ...{ deployment: 'deployments', deployments: 'deployments', deploy: 'deployments' },
  ...{ statefulset: 'statefulsets', statefulsets: 'statefulsets', sts: 'statefulsets' },
  ...{ daemonset: 'daemonsets', daemonsets: 'daemonsets', ds: 'daemonsets' },
  ...{ job: 'jobs', jobs: 'jobs', cronjob: 'cronjobs', cronjobs: 'cronjobs', cj: 'cronjobs' },
  ...{ persistentvolumeclaim: 'persistentvolumeclaims', persistentvolumeclaims: 'persistentvolumeclaims' },
  ...{ pvc: 'persistentvolumeclaims' },
  ...{ replicaset: 'replicasets', replicasets: 'replicasets', rs: 'replicasets' },
};

const groups: Readonly<Record<string, string>> = {
  ...{ deployments: '/apis/apps/v1', replicasets: '/apis/apps/v1', statefulsets: '/apis/apps/v1' },
  ...{ daemonsets: '/apis/apps/v1', jobs: '/apis/batch/v1', cronjobs: '/apis/batch/v1' },
};

const asTable = 'application/json;as=Table;v=v1;g=meta.k8s.io';

export const get: Verb = async ({ entry, namespace, names, selector, print }) => {
  const [asked = '', own = ''] = names[0]?.split('/') ?? [];
  const kind = kinds[asked];
  if (!kind) throw new Refused(`error: the server doesn't have a resource type "${asked}"`);
  const base = groups[kind] ?? '/api/v1';
  const name = own || (names[1] ?? '');
  const within = kind === 'nodes' ? '' : `/namespaces/${encodeURIComponent(namespace)}`;
  const query = selector ? `?labelSelector=${encodeURIComponent(selector)}` : '';
  const place = `${base}${within}/${kind}${name ? `/${encodeURIComponent(name)}` : ''}${query}`;
  const table = await entry.ask<Table>('GET', place, undefined, asTable);
  if (!table) throw new Refused(`Error from server (NotFound): ${kind} "${name}" not found`);
  const seen = table.columnDefinitions.flatMap(({ priority }, at) => ((priority ?? 0) === 0 ? [at] : []));
  const rows = (table.rows ?? []).map(({ cells }) => seen.map((at) => String(cells[at] ?? '')));
  if (rows.length === 0) print(`No resources found in ${namespace} namespace.`);
  const titled = [seen.map((at) => (table.columnDefinitions[at]?.name ?? '').toUpperCase()), ...rows];
  const widths = seen.map((_, at) => Math.max(...titled.map((row) => row[at]?.length ?? 0)));
  if (rows.length > 0)
    for (const row of titled)
      print(
        row
          .map((cell, at) => cell.padEnd((widths[at] ?? 0) + 3))
          .join('')
          .trimEnd(),
      );
  return 0;
};
