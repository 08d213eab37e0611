// ResourceQuota: what a namespace uses, and whether one more object fits (admission plugin and quota controller).
import { type Charge, chargeOf, everyContainer, isBestEffort } from './charge.ts';
import { withinLimits } from './limits.ts';
import type { KubeObject, Pod, PodSpec } from './object.ts';
import { quantity, quantityText } from './quantity.ts';
import { Refusal } from './status.ts';
import type { Store } from './store.ts';

type Amounts = Readonly<Record<string, string>>;
type Requirement = { scopeName: string; operator: string; values?: readonly string[] };
type Quota = KubeObject & {
  spec?: { hard?: Amounts; scopes?: readonly string[]; scopeSelector?: { matchExpressions?: readonly Requirement[] } };
  status?: { hard?: Amounts; used?: Amounts };
};

/** What a container must set if a quota limits it. */
const mustBeSaid = ['cpu', 'memory', 'requests.cpu', 'requests.memory', 'limits.cpu', 'limits.memory'];

const isOver = ({ status }: Pod) => status.phase === 'Succeeded' || status.phase === 'Failed';

/** Whether a quota is about a pod: all of its scopes have to fit. */
function isAbout({ spec = {} }: Quota, pod: PodSpec): boolean {
  const wanted = [
    ...(spec.scopes ?? []).map((scopeName): Requirement => ({ scopeName, operator: 'Exists' })),
    ...(spec.scopeSelector?.matchExpressions ?? []),
  ];
  const bestEffort = isBestEffort(pod);
  const ends = typeof pod.activeDeadlineSeconds === 'number';
  const priority = typeof pod.priorityClassName === 'string' ? pod.priorityClassName : '';
  return wanted.every(({ scopeName, operator, values = [] }) => {
    if (scopeName === 'BestEffort') return bestEffort;
    if (scopeName === 'NotBestEffort') return !bestEffort;
    if (scopeName === 'Terminating') return ends;
    if (scopeName === 'NotTerminating') return !ends;
    if (scopeName !== 'PriorityClass') return false;
    if (operator === 'In') return values.includes(priority);
    if (operator === 'NotIn') return !values.includes(priority);
    return operator === 'Exists' ? priority !== '' : priority === '';
  });
}

/** What the namespace uses of a quota now, in numbers. */
function usedOf(quota: Quota, store: Store): Map<string, number> {
  const { namespace } = quota.metadata;
  const used = new Map(Object.keys(quota.spec?.hard ?? {}).map((resource) => [resource, 0]));
  for (const pod of store.list('pods', namespace)) {
    if (isOver(pod) || !isAbout(quota, pod.spec)) continue;
    const charge = chargeOf(pod.spec);
    for (const [resource, amount] of used) used.set(resource, amount + (charge[resource] ?? 0));
  }
  const sets = store.list('replicasets', namespace).length;
  if (used.has('count/replicasets.apps')) used.set('count/replicasets.apps', sets);
  return used;
}

const quotasOf = (store: Store, namespace: string | undefined) =>
  store.list('resourcequotas', namespace) as readonly Quota[];

/** Writes into the quotas' status what is used. One without a specification is left as it is. */
export function countQuotas(store: Store): void {
  for (const quota of quotasOf(store, undefined)) {
    const hard = quota.spec?.hard;
    if (!hard) continue;
    const used = Object.fromEntries(
      [...usedOf(quota, store)].map(([resource, amount]) => [resource, quantityText(resource, amount)]),
    );
    const status = { hard, used };
    if (JSON.stringify(status) !== JSON.stringify(quota.status)) store.put('resourcequotas', { ...quota, status });
  }
}

function consult(quota: Quota, charge: Charge, about: string, store: Store): void {
  const hard = quota.spec?.hard ?? quota.status?.hard ?? {};
  const counted = quota.spec?.hard ? usedOf(quota, store) : undefined;
  const over = Object.entries(hard).flatMap(([resource, text]) => {
    const asked = charge[resource] ?? 0;
    const used = counted?.get(resource) ?? quantity(quota.status?.used?.[resource]) ?? 0;
    const most = quantity(text);
    return asked > 0 && most !== undefined && used + asked > most + 1e-9 ? [{ resource, asked, used, text }] : [];
  });
  if (over.length === 0) return;
  const list = (of: (one: (typeof over)[number]) => string) =>
    over.map((one) => `${one.resource}=${of(one)}`).join(',');
  throw new Refusal(
    'Forbidden',
    `${about} is forbidden: exceeded quota: ${quota.metadata.name}, requested: ${list((one) => quantityText(one.resource, one.asked))}, used: ${list((one) => quantityText(one.resource, one.used))}, limited: ${list((one) => one.text)}`,
  );
}

/** A new pod as the namespace takes it: with its defaults; refused where limits or quotas forbid it. */
export function admitNewPod<T extends { metadata: { name: string; namespace?: string }; spec: PodSpec }>(
  pod: T,
  store: Store,
): T {
  const within = withinLimits(pod, store);
  admitToQuotas(within, store);
  return within;
}

/** Refuses a pod that a quota has no room for, or of which a quota wants to be told more. */
function admitToQuotas(pod: { metadata: { name: string; namespace?: string }; spec: PodSpec }, store: Store) {
  const { name, namespace } = pod.metadata;
  const charge = chargeOf(pod.spec);
  for (const quota of quotasOf(store, namespace)) {
    if (!isAbout(quota, pod.spec)) continue;
    const hard = quota.spec?.hard ?? quota.status?.hard ?? {};
    for (const resource of mustBeSaid.filter((one) => hard[one] !== undefined)) {
      const [which, what] = resource.includes('.') ? resource.split('.') : ['requests', resource];
      const silent = everyContainer(pod.spec).filter(
        ({ resources }) => resources?.[which as 'requests' | 'limits']?.[what ?? ''] === undefined,
      );
      if (silent.length > 0)
        throw new Refusal(
          'Forbidden',
          `pods "${name}" is forbidden: failed quota: ${quota.metadata.name}: must specify ${resource} for: ${silent.map((one) => one.name).join(',')}`,
        );
    }
    consult(quota, charge, `pods "${name}"`, store);
  }
}

/** Refuses a replica set where the namespace may have no more of them. */
export function admitReplicaSet(name: string, namespace: string | undefined, store: Store): void {
  for (const quota of quotasOf(store, namespace))
    consult(quota, { 'count/replicasets.apps': 1 }, `replicasets.apps "${name}"`, store);
}
