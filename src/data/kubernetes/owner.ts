import type { V1ObjectMeta } from '@kubernetes/client-node';
import { memoizeText } from '../../core/memoize-each.ts';
import { type ApiObject, items, sharedWords } from './api-object.ts';

/** Who made a pod: `ReplicaSet api-gateway-5d4f9`; undefined for a bare pod. */
export function ownerOf(meta: ApiObject<V1ObjectMeta> | null | undefined): { kind: string; name: string } | undefined {
  const owners = items(meta?.ownerReferences);
  const owner = owners.find((o) => o.controller) ?? owners[0];
  const name = sharedWords(owner?.name);
  return owner && name ? ownerNamed(`${sharedWords(owner.kind) ?? ''}\n${name}`) : undefined;
}

/** The pods of a replica set have one owner. Sanitized words have no line ends. */
const ownerNamed = memoizeText((words) => {
  const [kind = '', name = ''] = words.split('\n');
  return { kind, name };
});

const one = memoizeText((name) => name);

/** How Kubernetes writes hashes: without vowels and look-alikes. */
const hashed = /-[bcdfghjklmnpqrstvwxz2456789]{4,10}$/;

/** The deployment that owns a pod, by its replica set; else its `app` label; else ''. */
export function appOf(meta: ApiObject<V1ObjectMeta> | null | undefined): string {
  const labels = meta?.labels ?? {};
  const owner = ownerOf(meta);
  if (owner?.kind === 'ReplicaSet') {
    const hash = labels['pod-template-hash'];
    // A deployment names its replica sets NAME-HASH; a replica set of its own has no hash.
    if (typeof hash === 'string' && hash !== '' && owner.name.endsWith(`-${hash}`))
      return one(owner.name.slice(0, -hash.length - 1));
    // A replica set that was not made by the controller may lack the label and still be named like one.
    const app = sharedWords(labels.app);
    if (app === undefined || !owner.name.startsWith(app)) return one(owner.name.replace(hashed, '')) || owner.name;
  }
  return (
    sharedWords(labels.app) ??
    sharedWords(labels['app.kubernetes.io/name']) ??
    (owner?.kind === 'ReplicaSet' ? owner.name : '')
  );
}
