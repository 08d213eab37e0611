// What a pod uses up of a quota and a node, once the namespace has filled in what its containers do not say.
import type { V1LimitRangeItem, V1PodSpec, V1ResourceRequirements } from '@kubernetes/client-node';
import type { Charge } from '../../core/actions/room.ts';
import { quantityOf } from '../../core/text/quantity.ts';
import { type ApiObject, items } from './api-object.ts';

export type PodSpec = ApiObject<V1PodSpec> | null | undefined;
type Amounts = Readonly<Record<string, unknown>> | null | undefined;
/** client-node calls it `_default`; on the wire it is `default`. */
export type LimitItem = ApiObject<V1LimitRangeItem> & { readonly default?: Amounts };

/** A container with what it requests and may use, in numbers. */
export type Sized = { name: string; requests: Charge; limits: Charge; isInit: boolean; isSidecar: boolean };

const numbers = (amounts: Amounts): Record<string, number> =>
  Object.fromEntries(
    Object.entries(amounts ?? {}).flatMap(([name, text]) => {
      const amount = quantityOf(text);
      return amount === undefined ? [] : [[name, amount]];
    }),
  );

/** What limit ranges fill in (API defaults and LimitRanger): requests from limits, then from the namespace's defaults. */
function filled(
  resources: ApiObject<V1ResourceRequirements> | null | undefined,
  ranges: readonly LimitItem[],
): Pick<Sized, 'requests' | 'limits'> {
  let limits = numbers(resources?.limits as Amounts);
  let requests = { ...limits, ...numbers(resources?.requests as Amounts) };
  for (const { type, max, min, default: preset, defaultRequest } of ranges) {
    if (type !== 'Container') continue;
    const most = { ...numbers(max as Amounts), ...numbers(preset) };
    requests = { ...numbers(min as Amounts), ...most, ...numbers(defaultRequest as Amounts), ...requests };
    limits = { ...most, ...limits };
  }
  return { requests, limits };
}

/** All containers of a pod, in the order in which they start. */
export function sized(spec: PodSpec, ranges: readonly LimitItem[] = []): readonly Sized[] {
  const of = (all: readonly ApiObject<V1PodSpec['containers'][number]>[], isInit: boolean) =>
    all.map((one): Sized => {
      const isSidecar = isInit && one.restartPolicy === 'Always';
      return { name: String(one.name ?? ''), ...filled(one.resources, ranges), isInit, isSidecar };
    });
  return [...of(items(spec?.initContainers), true), ...of(items(spec?.containers), false)];
}

/** The most that runs at a time: init containers run alone, but for the sidecars that were started before them. */
function total(containers: readonly Sized[], which: 'requests' | 'limits', overhead: Amounts): Charge {
  const lasting: Record<string, number> = {};
  const peak: Record<string, number> = {};
  for (const container of containers) {
    const passes = container.isInit && !container.isSidecar;
    for (const [name, amount] of Object.entries(container[which])) {
      if (passes) peak[name] = Math.max(peak[name] ?? 0, (lasting[name] ?? 0) + amount);
      else lasting[name] = (lasting[name] ?? 0) + amount;
    }
  }
  for (const [name, amount] of Object.entries(peak)) lasting[name] = Math.max(lasting[name] ?? 0, amount);
  for (const [name, amount] of Object.entries(numbers(overhead)))
    if (which === 'requests' || lasting[name] !== undefined) lasting[name] = (lasting[name] ?? 0) + amount;
  return lasting;
}

/** Quotas call requests of cpu and memory by both names. */
export function chargeOf(spec: PodSpec, containers = sized(spec)): Charge {
  const charge: Record<string, number> = { pods: 1, 'count/pods': 1 };
  const overhead = spec?.overhead as Amounts;
  for (const [name, amount] of Object.entries(total(containers, 'requests', overhead))) {
    charge[`requests.${name}`] = amount;
    if (!name.includes('/')) charge[name] = amount;
  }
  for (const [name, amount] of Object.entries(total(containers, 'limits', overhead))) charge[`limits.${name}`] = amount;
  return charge;
}
