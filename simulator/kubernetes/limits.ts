// LimitRange: what a container gets where it says nothing, and what it may say (admission plugin LimitRanger).
import { chargeOf, everyContainer } from './charge.ts';
import type { Container, KubeObject, Labels, PodSpec } from './object.ts';
import { quantity } from './quantity.ts';
import { Refusal } from './status.ts';
import type { Store } from './store.ts';

type Limit = {
  type: string;
  max?: Labels;
  min?: Labels;
  default?: Labels;
  defaultRequest?: Labels;
  maxLimitRequestRatio?: Labels;
};
type Range = KubeObject & { spec?: { limits?: readonly Limit[] } };
type PodLike = { metadata: { name: string; namespace?: string }; spec: PodSpec };

function filled(container: Container, limits: readonly Limit[]): Container {
  const own = container.resources ?? {};
  let asked = { ...own.limits, ...own.requests };
  let most = { ...own.limits };
  for (const { type, max, min, default: preset, defaultRequest } of limits) {
    if (type !== 'Container') continue;
    const upper = { ...max, ...preset };
    asked = { ...min, ...upper, ...defaultRequest, ...asked };
    most = { ...upper, ...most };
  }
  return { ...container, resources: { requests: asked, limits: most } };
}

function violations(spec: PodSpec, { type, max = {}, min = {}, maxLimitRequestRatio = {} }: Limit): string[] {
  const wrong: string[] = [];
  const check = (requests: (name: string) => number | undefined, limits: (name: string) => number | undefined) => {
    for (const [name, text] of Object.entries(min)) {
      const asked = requests(name);
      const least = `minimum ${name} usage per ${type} is ${text}`;
      if (asked === undefined) wrong.push(`${least}.  No request is specified`);
      else if (asked < (quantity(text) ?? 0)) wrong.push(`${least}, but request is ${asked}`);
    }
    for (const [name, text] of Object.entries(max)) {
      const limit = limits(name);
      const most = `maximum ${name} usage per ${type} is ${text}`;
      if (limit === undefined) wrong.push(`${most}.  No limit is specified`);
      else if (limit > (quantity(text) ?? 0)) wrong.push(`${most}, but limit is ${limit}`);
    }
    for (const [name, text] of Object.entries(maxLimitRequestRatio)) {
      const ratio = (limits(name) ?? 0) / (requests(name) || 1);
      if (ratio > Number(text))
        wrong.push(`${name} max limit to request ratio per ${type} is ${text}, but provided ratio is ${ratio}`);
    }
  };
  if (type === 'Pod') {
    const charge = chargeOf(spec);
    check(
      (name) => charge[`requests.${name}`],
      (name) => charge[`limits.${name}`],
    );
  }
  if (type === 'Container')
    for (const { resources } of everyContainer(spec))
      check(
        (name) => quantity(resources?.requests?.[name]),
        (name) => quantity(resources?.limits?.[name]),
      );
  return wrong;
}

/** The pod with the namespace's defaults; refused where it asks for more, or less, than the namespace allows. */
export function withinLimits<T extends PodLike>(pod: T, store: Store): T {
  const { name, namespace } = pod.metadata;
  const limits = (store.list('limitranges', namespace) as readonly Range[]).flatMap(({ spec }) => spec?.limits ?? []);
  if (limits.length === 0) return pod;
  const { initContainers } = pod.spec;
  const spec = {
    ...pod.spec,
    containers: pod.spec.containers.map((one) => filled(one, limits)),
    initContainers: (initContainers as readonly Container[] | undefined)?.map((one) => filled(one, limits)),
  };
  const wrong = limits.flatMap((limit) => violations(spec, limit));
  if (wrong.length > 0)
    throw new Refusal(
      'Forbidden',
      `pods "${name}" is forbidden: ${wrong.length > 1 ? `[${wrong.join(', ')}]` : wrong[0]}`,
    );
  return { ...pod, spec };
}
