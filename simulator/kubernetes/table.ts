// What `kubectl get` shows: the server makes the table, one literal of columns per kind.
import { day, hour, minute, second } from '../time.ts';
import type { Deployment, Event, KubeObject, Node, Plural, Pod, ReplicaSet } from './object.ts';
import { podColumns } from './pod-columns.ts';

type Column = { name: string; type: 'string' | 'integer'; wide?: boolean };

const column = (name: string, type: Column['type'] = 'string', wide = false): Column => ({ name, type, wide });

/** As kubectl writes ages: 42s, 7m12s, 3h4m, 5d. */
export function ageOf(timestamp: string | undefined, now: number): string {
  if (timestamp === undefined) return '<unknown>';
  const age = Math.max(0, now - Date.parse(timestamp));
  const two = (big: number, bigUnit: string, small: number, smallUnit: string) => {
    const rest = Math.floor((age % big) / small);
    return `${Math.floor(age / big)}${bigUnit}${rest === 0 ? '' : `${rest}${smallUnit}`}`;
  };
  if (age < minute) return `${Math.floor(age / second)}s`;
  if (age < hour) return two(minute, 'm', second, 's');
  if (age < day) return two(hour, 'h', minute, 'm');
  return `${Math.floor(age / day)}d`;
}

type Kind<T extends KubeObject> = { columns: readonly Column[]; cells(object: T, now: number): (string | number)[] };

const names = (list: readonly { name: string; image: string }[]) => [
  list.map((one) => one.name).join(','),
  list.map((one) => one.image).join(','),
];
const selectorText = (labels: Readonly<Record<string, string>>) =>
  Object.entries(labels)
    .map(([key, value]) => `${key}=${value}`)
    .join(',');

const pods: Kind<Pod> = {
  columns: [
    column('Name'),
    column('Ready'),
    column('Status'),
    column('Restarts'),
    column('Age'),
    column('IP', 'string', true),
    column('Node', 'string', true),
    column('Nominated Node', 'string', true),
    column('Readiness Gates', 'string', true),
  ],
  cells(pod, now) {
    const { ready, status, restarts, restartedAt } = podColumns(pod);
    return [
      pod.metadata.name,
      ready,
      status,
      restarts > 0 && restartedAt ? `${restarts} (${ageOf(restartedAt, now)} ago)` : String(restarts),
      ageOf(pod.metadata.creationTimestamp, now),
      pod.status.podIP ?? '<none>',
      pod.spec.nodeName ?? '<none>',
      '<none>',
      '<none>',
    ];
  },
};

const deployments: Kind<Deployment> = {
  columns: [
    column('Name'),
    column('Ready'),
    column('Up-to-date', 'integer'),
    column('Available', 'integer'),
    column('Age'),
    column('Containers', 'string', true),
    column('Images', 'string', true),
    column('Selector', 'string', true),
  ],
  cells: ({ metadata, spec, status }, now) => [
    metadata.name,
    `${status.readyReplicas ?? 0}/${spec.replicas}`,
    status.updatedReplicas ?? 0,
    status.availableReplicas ?? 0,
    ageOf(metadata.creationTimestamp, now),
    ...names(spec.template.spec.containers),
    selectorText(spec.selector.matchLabels),
  ],
};

const replicasets: Kind<ReplicaSet> = {
  columns: [
    column('Name'),
    column('Desired', 'integer'),
    column('Current', 'integer'),
    column('Ready', 'integer'),
    column('Age'),
    column('Containers', 'string', true),
    column('Images', 'string', true),
    column('Selector', 'string', true),
  ],
  cells: ({ metadata, spec, status }, now) => [
    metadata.name,
    spec.replicas,
    status.replicas,
    status.readyReplicas ?? 0,
    ageOf(metadata.creationTimestamp, now),
    ...names(spec.template.spec.containers),
    selectorText(spec.selector.matchLabels),
  ],
};

const events: Kind<Event> = {
  columns: [
    column('Last Seen'),
    column('Type'),
    column('Reason'),
    column('Object'),
    column('Subobject', 'string', true),
    column('Source', 'string', true),
    column('Message'),
    column('First Seen', 'string', true),
    column('Count', 'integer', true),
    column('Name', 'string', true),
  ],
  cells: (event, now) => [
    ageOf(event.lastTimestamp, now),
    event.type,
    event.reason,
    `${event.involvedObject.kind.toLowerCase()}/${event.involvedObject.name}`,
    event.involvedObject.fieldPath ?? '',
    event.source.component,
    event.message,
    ageOf(event.firstTimestamp, now),
    event.count,
    event.metadata.name,
  ],
};

const nodes: Kind<Node> = {
  columns: [
    column('Name'),
    column('Status'),
    column('Roles'),
    column('Age'),
    column('Version'),
    column('Internal-IP', 'string', true),
    column('OS-Image', 'string', true),
  ],
  cells: ({ metadata, spec, status }, now) => {
    const ready = status.conditions.find((one) => one.type === 'Ready')?.status === 'True';
    return [
      metadata.name,
      `${ready ? 'Ready' : 'NotReady'}${spec.unschedulable ? ',SchedulingDisabled' : ''}`,
      '<none>',
      ageOf(metadata.creationTimestamp, now),
      status.nodeInfo.kubeletVersion ?? '',
      status.addresses.find((one) => one.type === 'InternalIP')?.address ?? '<none>',
      status.nodeInfo.osImage ?? '',
    ];
  },
};

const plain: Kind<KubeObject> = {
  columns: [column('Name'), column('Age')],
  cells: ({ metadata }, now) => [metadata.name, ageOf(metadata.creationTimestamp, now)],
};

const kinds = { pods, deployments, replicasets, events, nodes } as const;

function kindOf(plural: Plural): Kind<KubeObject> {
  // Each kind's cells are only ever given its own objects: the store keeps them under the same name.
  return plural in kinds ? (kinds[plural as keyof typeof kinds] as unknown as Kind<KubeObject>) : plain;
}

/** Column definitions of a Table. */
export function tableColumns(plural: Plural): unknown[] {
  return kindOf(plural).columns.map(({ name, type, wide }) => ({
    name,
    type,
    format: name === 'Name' ? 'name' : '',
    description: name,
    priority: wide ? 1 : 0,
  }));
}

/** One row. The object goes along as far as kubectl needs it: its metadata, or all of it. */
export function tableRow(plural: Plural, object: KubeObject, include: string, now: number): unknown {
  return {
    cells: kindOf(plural).cells(object, now),
    object:
      include === 'Object'
        ? object
        : { kind: 'PartialObjectMetadata', apiVersion: 'meta.k8s.io/v1', metadata: object.metadata },
  };
}

/** A Table of objects, as `Accept: application/json;as=Table;v=v1;g=meta.k8s.io` asks for. */
export function table(
  plural: Plural,
  objects: readonly KubeObject[],
  metadata: unknown,
  include: string,
  now: number,
): unknown {
  return {
    kind: 'Table',
    apiVersion: 'meta.k8s.io/v1',
    metadata,
    columnDefinitions: tableColumns(plural),
    rows:
      include === 'None'
        ? objects.map((one) => ({ cells: kindOf(plural).cells(one, now) }))
        : objects.map((one) => tableRow(plural, one, include, now)),
  };
}
