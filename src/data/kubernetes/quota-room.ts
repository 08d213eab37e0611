// Which quotas and limit ranges of a namespace are about a pod, what they leave, and how the pod breaks them.
import type { V1LimitRange, V1LimitRangeItem, V1ResourceQuota } from '@kubernetes/client-node';
import type { Amounts, LimitRange, Quota } from '../../core/actions/room.ts';
import { formatAmount } from '../../core/text/format.ts';
import { quantityOf } from '../../core/text/quantity.ts';
import { type ApiObject, items, words } from './api-object.ts';
import { chargeOf, type PodSpec, type Sized } from './pod-charge.ts';

type Requirement = { scopeName: string; operator: string; values: readonly unknown[] };

/** Whether a quota counts such a pod: all of its scopes have to be about it (Resource Quotas, Quota scopes). */
function counts({ spec }: ApiObject<V1ResourceQuota>, pod: PodSpec, containers: readonly Sized[]): boolean {
  const named: readonly unknown[] = Array.isArray(spec?.scopes) ? spec.scopes : [];
  const wanted: readonly Requirement[] = [
    ...named.map((name) => ({ scopeName: String(name), operator: 'Exists', values: [] })),
    ...items(spec?.scopeSelector?.matchExpressions).map(({ scopeName, operator, values }) => ({
      scopeName: String(scopeName),
      operator: String(operator),
      values: Array.isArray(values) ? values : [],
    })),
  ];
  return wanted.every((one) => isIn(one, pod, containers));
}

function isIn({ scopeName, operator, values }: Requirement, pod: PodSpec, containers: readonly Sized[]): boolean {
  // A limit range has filled in by then what is no longer best effort.
  const bestEffort = containers.every(({ requests, limits }) => Object.keys({ ...requests, ...limits }).length === 0);
  const ends = typeof pod?.activeDeadlineSeconds === 'number';
  switch (scopeName) {
    case 'BestEffort':
      return bestEffort;
    case 'NotBestEffort':
      return !bestEffort;
    case 'Terminating':
      return ends;
    case 'NotTerminating':
      return !ends;
    case 'PriorityClass': {
      const priority = pod?.priorityClassName ?? '';
      if (operator === 'In') return values.includes(priority);
      if (operator === 'NotIn') return !values.includes(priority);
      return operator === 'Exists' ? priority !== '' : priority === '';
    }
    case 'CrossNamespacePodAffinity':
      return items(pod?.affinity?.podAffinity?.requiredDuringSchedulingIgnoredDuringExecution).some(
        ({ namespaces, namespaceSelector }) => (namespaces ?? []).length > 0 || namespaceSelector != null,
      );
  }
  // A scope of a later Kubernetes: it may be about this pod.
  return true;
}

/** What each container has to say where a quota limits it (quota, pods evaluator). */
const hasToBeSaid = ['cpu', 'memory', 'requests.cpu', 'requests.memory', 'limits.cpu', 'limits.memory'];

function isSaid({ requests, limits }: Sized, resource: string): boolean {
  const [, which, what = ''] = /^(?:(requests|limits)\.)?(.+)$/.exec(resource) ?? [];
  return (which === 'limits' ? limits : requests)[what] !== undefined;
}

/** The quotas that count such a pod. */
export function quotasFor(
  all: readonly ApiObject<V1ResourceQuota>[],
  pod: PodSpec,
  containers: readonly Sized[],
): readonly Quota[] {
  return all
    .filter((quota) => counts(quota, pod, containers))
    .map(({ metadata, spec, status }) => {
      const hard = { ...spec?.hard, ...status?.hard };
      return {
        name: words(metadata?.name) ?? '',
        limits: Object.entries(hard).flatMap(([resource, limit]) => {
          const [most, used] = [quantityOf(limit), quantityOf(status?.used?.[resource] ?? 0)];
          return most === undefined || used === undefined ? [] : [{ resource: words(resource, 80) ?? '', most, used }];
        }),
        unsaid: hasToBeSaid.filter(
          (resource) => hard[resource] !== undefined && containers.some((one) => !isSaid(one, resource)),
        ),
      };
    });
}

/** Limit ranges that are about containers and pods, and how such a pod breaks them. */
export function rangesFor(
  all: readonly ApiObject<V1LimitRange>[],
  pod: PodSpec,
  containers: readonly Sized[],
): readonly LimitRange[] {
  return all.flatMap(({ metadata, spec }) =>
    items(spec?.limits)
      .filter(({ type }) => type === 'Container' || type === 'Pod')
      .map((item) => ({
        name: words(metadata?.name) ?? '',
        of: item.type === 'Pod' ? ('pod' as const) : ('container' as const),
        most: amounts(item.max),
        filled: amounts(item.defaultRequest),
        broken: item.type === 'Pod' ? brokenByPod(item, pod, containers) : containers.flatMap((c) => brokenBy(item, c)),
      })),
  );
}

function brokenByPod(item: ApiObject<V1LimitRangeItem>, pod: PodSpec, containers: readonly Sized[]) {
  const charge = chargeOf(pod, containers);
  const of = (which: 'requests' | 'limits') =>
    Object.fromEntries(
      Object.entries(charge).flatMap(([name, amount]) => {
        const [kind, what] = [name.slice(0, which.length), name.slice(which.length + 1)];
        return kind === which && what ? [[what, amount]] : [];
      }),
    );
  return brokenBy(item, { name: '', requests: of('requests'), limits: of('limits') });
}

/** `api limits memory to 2.0 GB, 1.0 GB are allowed`. */
function brokenBy(
  { max, min, maxLimitRequestRatio }: ApiObject<V1LimitRangeItem>,
  { name, requests, limits }: Pick<Sized, 'name' | 'requests' | 'limits'>,
): readonly string[] {
  const who = name === '' ? 'a pod' : `container ${words(name, 60)}`;
  const entries = (of: unknown) =>
    Object.entries((of ?? {}) as Readonly<Record<string, unknown>>).flatMap(([what, text]) => {
      const amount = quantityOf(text);
      return amount === undefined ? [] : [{ what, allowed: amount, said: formatAmount(what, amount) }];
    });
  return [
    ...entries(max).flatMap(({ what, allowed, said }) => {
      const limit = limits[what];
      if (limit === undefined) return [`${who} sets no limit for ${what}, at most ${said} is allowed`];
      return limit > allowed
        ? [`${who} limits ${what} to ${formatAmount(what, limit)}, at most ${said} is allowed`]
        : [];
    }),
    ...entries(min).flatMap(({ what, allowed, said }) => {
      const asked = requests[what];
      if (asked === undefined) return [`${who} requests no ${what}, at least ${said} is required`];
      return asked < allowed
        ? [`${who} requests ${formatAmount(what, asked)} of ${what}, at least ${said} is required`]
        : [];
    }),
    ...entries(maxLimitRequestRatio).flatMap(({ what, allowed }) => {
      const ratio = (limits[what] ?? 0) / (requests[what] || Number.POSITIVE_INFINITY);
      return ratio > allowed
        ? [`${who} limits ${what} to ${ratio} times its request, ${allowed} times is allowed`]
        : [];
    }),
  ];
}

const amounts = (of: unknown): Amounts =>
  Object.fromEntries(
    (['cpu', 'memory'] as const).flatMap((what) => {
      const amount = quantityOf((of as Readonly<Record<string, unknown>> | null | undefined)?.[what]);
      return amount === undefined ? [] : [[what, amount]];
    }),
  );
