// Whether a label selector is about an object (Kubernetes, Labels and Selectors).
import type { V1LabelSelector } from '@kubernetes/client-node';
import { type ApiObject, items } from './api-object.ts';

export function selects(
  selector: ApiObject<V1LabelSelector> | null | undefined,
  labels: Readonly<Record<string, unknown>>,
): boolean {
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

const operators: Readonly<Record<string, (key: string, values: string) => string>> = {
  In: (key, values) => `${key} in (${values})`,
  NotIn: (key, values) => `${key} notin (${values})`,
  Exists: (key) => key,
  DoesNotExist: (key) => `!${key}`,
};

/** A selector as a query parameter of the API. */
export function toSelector(selector: ApiObject<V1LabelSelector> | null | undefined): string {
  const labels = Object.entries(selector?.matchLabels ?? {}).map(([key, value]) => `${key}=${value}`);
  const expressions = items(selector?.matchExpressions).flatMap((e) => {
    const by = operators[String(e.operator)];
    return by && e.key ? [by(e.key, (e.values ?? []).join(','))] : [];
  });
  return [...labels, ...expressions].join(',');
}
