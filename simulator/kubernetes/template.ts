// From a deployment's template to replica sets and pods: hashes, names, owners.
import type { Deployment, Pod, PodTemplate, ReplicaSet } from './object.ts';
import type { Draft } from './store.ts';

export const revisionKey = 'deployment.kubernetes.io/revision';

// Without vowels and look-alikes, as Kubernetes makes names.
const alphabet = 'bcdfghjklmnpqrstvwxz2456789';

/** A short name for a number. */
function encode(number: number, length: number): string {
  let rest = number;
  let text = '';
  for (let i = 0; i < length; i += 1) {
    text += alphabet[rest % alphabet.length];
    rest = Math.floor(rest / alphabet.length);
  }
  return text;
}

const hashes = new WeakMap<PodTemplate, string>();

/** The pod-template-hash: the same template always has the same. */
export function templateHash(template: PodTemplate): string {
  const known = hashes.get(template);
  if (known) return known;
  // FNV-1a, twice over for 52 bits.
  let low = 0x811c9dc5;
  let high = 0xcbf29ce4;
  for (const letter of canonical(template)) {
    low = Math.imul(low ^ letter.charCodeAt(0), 0x01000193) >>> 0;
    high = Math.imul(high ^ letter.charCodeAt(0), 0x01000199) >>> 0;
  }
  const hash = encode(low * 0x100000 + (high & 0xfffff), 9);
  hashes.set(template, hash);
  return hash;
}

/** JSON with sorted members: a template sent back in another order is the same template. */
function canonical(value: unknown): string {
  if (Array.isArray(value)) return `[${value.map(canonical).join(',')}]`;
  if (typeof value !== 'object' || value === null) return JSON.stringify(value) ?? 'null';
  const members = Object.entries(value).filter(([, member]) => member !== undefined && member !== null);
  return `{${members
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .map(([key, member]) => `${key}:${canonical(member)}`)
    .join(',')}}`;
}

export function revisionOf(set: ReplicaSet): number {
  return Number(set.metadata.annotations?.[revisionKey] ?? 0);
}

/** An empty replica set of the deployment's template. */
export function replicaSetOf(
  deployment: Deployment,
  hash: string,
  annotations: Readonly<Record<string, string>>,
  template: PodTemplate = deployment.spec.template,
): Draft<ReplicaSet> {
  const { name, namespace, uid } = deployment.metadata;
  const labels = { ...template.metadata.labels, 'pod-template-hash': hash };
  return {
    apiVersion: 'apps/v1',
    kind: 'ReplicaSet',
    metadata: {
      name: `${name}-${hash}`,
      namespace: namespace || undefined,
      generation: 1,
      labels,
      annotations,
      ownerReferences: [
        { apiVersion: 'apps/v1', kind: 'Deployment', name, uid, controller: true, blockOwnerDeletion: true },
      ],
    },
    spec: {
      replicas: 0,
      selector: { matchLabels: { ...deployment.spec.selector.matchLabels, 'pod-template-hash': hash } },
      template: { ...template, metadata: { ...template.metadata, labels } },
    },
    status: { replicas: 0 },
  };
}

/** A new pod of a replica set, not scheduled yet. */
export function podOf(set: ReplicaSet): Draft<Pod> {
  const { name, namespace, uid } = set.metadata;
  const { template } = set.spec;
  return {
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: {
      name: `${name}-${encode(Math.floor(Math.random() * alphabet.length ** 5), 5)}`,
      generateName: `${name}-`,
      namespace: namespace || undefined,
      labels: template.metadata.labels,
      annotations: template.metadata.annotations,
      ownerReferences: [
        { apiVersion: 'apps/v1', kind: 'ReplicaSet', name, uid, controller: true, blockOwnerDeletion: true },
      ],
    },
    spec: { ...template.spec, serviceAccountName: 'default' },
    status: { phase: 'Pending', conditions: [], qosClass: 'Burstable' },
  };
}
