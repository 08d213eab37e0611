// Who last wrote which field of a pod, as server-side apply keeps it. An API server sends it with every
// pod, and with every row of a table of pods.
import type { Metadata, Pod } from './object.ts';

/** The sets of fields that FieldsV1 writes: members as `f:NAME`, entries of lists as `k:{"name":"NAME"}`. */
type Fields = { readonly [path: string]: Fields };

type ManagedFields = {
  manager: string;
  operation: 'Update';
  apiVersion: string;
  time: string;
  fieldsType: 'FieldsV1';
  fieldsV1: Fields;
  subresource?: string;
};

/** What the entries of a pod's lists are told apart by (`x-kubernetes-list-map-keys`). */
const keys: Readonly<Record<string, readonly string[]>> = {
  ownerReferences: ['uid'],
  containers: ['name'],
  initContainers: ['name'],
  ephemeralContainers: ['name'],
  ports: ['containerPort', 'protocol'],
  env: ['name'],
  conditions: ['type'],
  podIPs: ['ip'],
};

/** Whoever writes these writes them as a whole (`x-kubernetes-map-type: atomic`). */
const atomic = new Set(['secretKeyRef', 'configMapKeyRef', 'fieldRef']);

function isRecord(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** The members that a value sets. */
function fieldsOf(value: Readonly<Record<string, unknown>>): Fields {
  const members = Object.entries(value).filter(([, member]) => member !== undefined);
  return Object.fromEntries(members.map(([name, member]) => [`f:${name}`, membersOf(name, member)]));
}

/** What a member has in it, beside itself. */
function membersOf(name: string, member: unknown): Fields {
  if (Array.isArray(member)) return entriesOf(name, member);
  if (!isRecord(member) || atomic.has(name)) return {};
  const fields = fieldsOf(member);
  return Object.keys(fields).length > 0 ? { '.': {}, ...fields } : fields;
}

/** Lists without keys are owned as a whole; of an owner only that it is there. */
function entriesOf(name: string, list: readonly unknown[]): Fields {
  const by = keys[name];
  if (!by) return {};
  const fields: Record<string, Fields> = { '.': {} };
  for (const entry of list.filter(isRecord)) {
    const key = Object.fromEntries(by.map((one) => [one, entry[one]]));
    fields[`k:${JSON.stringify(key)}`] = name === 'ownerReferences' ? {} : { '.': {}, ...fieldsOf(entry) };
  }
  return fields;
}

/** The pod's metadata with what its controller and its kubelet own of it. */
export function managedMetadata(pod: Pod): Metadata & { managedFields: readonly ManagedFields[] } {
  const { generateName, labels, annotations, ownerReferences, creationTimestamp } = pod.metadata;
  // The scheduler binds and admission adds: neither is written down.
  const { nodeName: _, serviceAccountName: __, ...spec } = pod.spec;
  const { qosClass: ___, conditions, ...status } = pod.status;
  const judged = conditions.filter(({ type }) => type !== 'PodScheduled');
  const made = { generateName, labels, annotations, ownerReferences };
  const controller: ManagedFields = {
    manager: 'kube-controller-manager',
    operation: 'Update',
    apiVersion: 'v1',
    time: creationTimestamp,
    fieldsType: 'FieldsV1',
    fieldsV1: { 'f:metadata': fieldsOf(made), 'f:spec': fieldsOf(spec) },
  };
  const kubelet: ManagedFields = {
    manager: 'kubelet',
    operation: 'Update',
    apiVersion: 'v1',
    time:
      pod.status.conditions
        .map((one) => one.lastTransitionTime)
        .toSorted()
        .at(-1) ?? creationTimestamp,
    fieldsType: 'FieldsV1',
    fieldsV1: { 'f:status': fieldsOf({ ...status, conditions: judged }) },
    subresource: 'status',
  };
  return { ...pod.metadata, managedFields: [controller, kubelet] };
}
