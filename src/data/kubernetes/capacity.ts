// Whether there is room for more pods of a deployment: what one of them asks for, what the namespace's quotas leave, what
// its limit ranges fill in or forbid, and which disruption budgets are about it.
import type { V1LimitRange, V1PodDisruptionBudget, V1ResourceQuota } from '@kubernetes/client-node';
import type { Answer, Budget, LimitRange, Quota, Room } from '../../core/actions/preflight.ts';
import { quantityOf } from '../../core/text/quantity.ts';
import type { Answered } from './api-error.ts';
import { type ApiList, type ApiObject, count, items, words } from './api-object.ts';
import type { WireDeployment } from './deployments.ts';

type Get = <T>(what: string, to: string, group: string) => Promise<Answered<T>>;
type Amounts = Readonly<Record<string, unknown>> | null | undefined;

export async function roomOf({ spec }: WireDeployment, get: Get): Promise<Room> {
  const containers = items(spec?.template?.spec?.containers);
  const ask = (which: 'requests' | 'limits', what: 'cpu' | 'memory') => {
    const amounts = containers.map((one) => quantityOf((one.resources?.[which] as Amounts)?.[what]));
    return amounts.some((one) => one === undefined)
      ? undefined
      : amounts.reduce<number>((sum, one) => sum + (one ?? 0), 0);
  };
  const pod = {
    'requests.cpu': ask('requests', 'cpu'),
    'requests.memory': ask('requests', 'memory'),
    'limits.cpu': ask('limits', 'cpu'),
    'limits.memory': ask('limits', 'memory'),
  };
  const [quotas, ranges, budgets] = await Promise.all([
    get<ApiList<V1ResourceQuota>>('resourcequotas', 'list resourcequotas', '/api/v1'),
    get<ApiList<V1LimitRange>>('limitranges', 'list limitranges', '/api/v1'),
    budgetsFrom(get),
  ]);
  const labels = spec?.template?.metadata?.labels ?? {};
  return {
    pod,
    quotas: read(quotas, quotasOf),
    ranges: read(ranges, rangesOf),
    budgets: read(budgets, (all) => budgetsOf(all, labels)),
  };
}

/** Kubernetes before 1.21 has them as v1beta1 only; what is read of them is the same. */
async function budgetsFrom(get: Get): Promise<Answered<ApiList<V1PodDisruptionBudget>>> {
  const list = (version: string) =>
    get<ApiList<V1PodDisruptionBudget>>('poddisruptionbudgets', 'list poddisruptionbudgets', `/apis/policy/${version}`);
  const answer = await list('v1');
  return !answer.ok && answer.status === 404 ? list('v1beta1') : answer;
}

function read<T, U>(answer: Answered<ApiList<T>>, make: (all: readonly ApiObject<T>[]) => U): Answer<U> {
  return answer.ok ? { ok: true, value: make(items(answer.value.items) as readonly ApiObject<T>[]) } : answer;
}

/** Quotas that are about some pods only (of a priority, best effort) are left to the server. */
function quotasOf(all: readonly ApiObject<V1ResourceQuota>[]): readonly Quota[] {
  return all
    .filter(({ spec }) => !spec?.scopeSelector && !(spec?.scopes ?? []).length)
    .map(({ metadata, status }) => ({
      name: words(metadata?.name) ?? '',
      limits: Object.entries(status?.hard ?? {}).flatMap(([resource, hard]) => {
        const [most, used] = [quantityOf(hard), quantityOf(status?.used?.[resource])];
        return most === undefined || used === undefined ? [] : [{ resource: words(resource, 80) ?? '', most, used }];
      }),
    }));
}

function rangesOf(all: readonly ApiObject<V1LimitRange>[]): readonly LimitRange[] {
  return all.flatMap(({ metadata, spec }) =>
    items(spec?.limits)
      .filter(({ type }) => type === 'Container' || type === 'Pod')
      .map(({ type, max, defaultRequest }) => ({
        name: words(metadata?.name) ?? '',
        of: type === 'Pod' ? ('pod' as const) : ('container' as const),
        most: amounts(max),
        filled: amounts(defaultRequest),
      })),
  );
}

const amounts = (of: Amounts): { cpu?: number; memory?: number } =>
  Object.fromEntries(
    (['cpu', 'memory'] as const).flatMap((what) => {
      const amount = quantityOf(of?.[what]);
      return amount === undefined ? [] : [[what, amount]];
    }),
  );

function budgetsOf(
  all: readonly ApiObject<V1PodDisruptionBudget>[],
  labels: Readonly<Record<string, unknown>>,
): readonly Budget[] {
  return all
    .filter(({ spec }) => selects(spec?.selector, labels))
    .map(({ metadata, status }) => ({
      name: words(metadata?.name) ?? '',
      wanted: count(status?.desiredHealthy),
      healthy: count(status?.currentHealthy),
      mayGo: count(status?.disruptionsAllowed),
    }));
}

type Selector = NonNullable<NonNullable<ApiObject<V1PodDisruptionBudget>['spec']>['selector']>;

/** Whether a label selector is about pods with these labels (Kubernetes, Labels and Selectors). */
function selects(selector: Selector | null | undefined, labels: Readonly<Record<string, unknown>>): boolean {
  if (!selector) return false;
  const equal = Object.entries(selector.matchLabels ?? {}).every(([key, value]) => labels[key] === value);
  const fits = items(selector.matchExpressions).every(({ key = '', operator, values }) => {
    const value = labels[String(key)];
    const listed = (values ?? []).some((one) => one === value);
    if (operator === 'In') return listed;
    if (operator === 'NotIn') return !listed;
    return operator === 'Exists' ? value !== undefined : value === undefined;
  });
  return equal && fits;
}
