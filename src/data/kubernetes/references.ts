// What a pod refers to beside its image: Secrets, ConfigMaps and claims. Without one of them no container starts.
import type { MissingReference } from '../../core/actions/room.ts';
import type { Fault } from '../../core/world/reading.ts';
import type { Result } from '../source.ts';
import type { Answered } from './api-error.ts';
import { items, words } from './api-object.ts';
import type { PodSpec } from './pod-charge.ts';

type Reference = MissingReference;

const plurals = {
  Secret: 'secrets',
  ConfigMap: 'configmaps',
  PersistentVolumeClaim: 'persistentvolumeclaims',
} as const satisfies Readonly<Record<Reference['kind'], string>>;

/** References that are checked, at most. */
const most = 40;

type Named = { readonly name?: string | null; readonly optional?: boolean | null } | null | undefined;

export function referencesOf(spec: PodSpec): readonly Reference[] {
  const found: Reference[] = [];
  const add = (kind: Reference['kind'], name: string | null | undefined, forImage = false) => {
    if (name && !found.some((one) => one.kind === kind && one.name === name)) found.push({ kind, name, forImage });
  };
  const needed = (kind: Reference['kind'], of: Named) => {
    if (of && of.optional !== true) add(kind, of.name);
  };
  for (const { env, envFrom } of [...items(spec?.initContainers), ...items(spec?.containers)]) {
    for (const { valueFrom } of items(env)) {
      needed('Secret', valueFrom?.secretKeyRef);
      needed('ConfigMap', valueFrom?.configMapKeyRef);
    }
    for (const { secretRef, configMapRef } of items(envFrom)) {
      needed('Secret', secretRef);
      needed('ConfigMap', configMapRef);
    }
  }
  for (const { secret, configMap, persistentVolumeClaim, projected } of items(spec?.volumes)) {
    if (secret?.optional !== true) add('Secret', secret?.secretName);
    needed('ConfigMap', configMap);
    add('PersistentVolumeClaim', persistentVolumeClaim?.claimName);
    for (const source of items(projected?.sources)) {
      needed('Secret', source.secret);
      needed('ConfigMap', source.configMap);
    }
  }
  for (const { name } of items(spec?.imagePullSecrets)) add('Secret', name, true);
  return found;
}

/** `look`: queries one object's metadata, never its data. */
export async function missingOf(
  spec: PodSpec,
  look: (plural: string, name: string) => Promise<Answered<unknown>>,
): Promise<Result<readonly MissingReference[]>> {
  const missing: MissingReference[] = [];
  let untold: Fault | undefined;
  for (const one of referencesOf(spec).slice(0, most)) {
    const answer = await look(plurals[one.kind], one.name);
    if (answer.ok) continue;
    // A server that does not know the path has another message.
    const isGone = answer.status === 404 && answer.said?.includes(`"${one.name}"`);
    if (isGone) missing.push({ ...one, name: words(one.name, 80) ?? '' });
    else untold ??= answer.fault;
  }
  return untold && missing.length === 0 ? { ok: false, fault: untold } : { ok: true, value: missing };
}
