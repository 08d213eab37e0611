// Autoscalers and disruption budgets, reduced to what an on-call needs.
import type { V1Condition, V1PodDisruptionBudget, V2HorizontalPodAutoscaler } from '@kubernetes/client-node';
import type { Autoscaler, Budget } from '../../core/world/facts.ts';
import { type ApiObject, count, instant, items, words } from './api-object.ts';
import { unobserved } from './deployments.ts';

/** An autoscaler; undefined when it has no name. */
export function toAutoscaler({ metadata, spec, status }: ApiObject<V2HorizontalPodAutoscaler>): Autoscaler | undefined {
  const name = words(metadata?.name);
  if (!name) return undefined;
  const { kind, name: target } = spec?.scaleTargetRef ?? {};
  return {
    kind: 'HorizontalPodAutoscaler',
    name,
    target: [words(kind, 60), words(target, 253)].filter(Boolean).join(' '),
    min: typeof spec?.minReplicas === 'number' ? spec.minReplicas : 1,
    max: count(spec?.maxReplicas),
    current: count(status?.currentReplicas),
    seen: status?.currentReplicas !== undefined || items(status?.conditions).length > 0,
    unable: unableBy(status?.conditions),
    createdAt: instant(metadata?.creationTimestamp) ?? 0,
  };
}

type Condition = Pick<ApiObject<V1Condition>, 'type' | 'status' | 'reason' | 'message'>;

/** Why it cannot scale. ScalingDisabled: its target is at 0, where autoscalers rest. */
function unableBy(conditions: readonly Condition[] | null | undefined): string | undefined {
  const failed = items(conditions).find(
    ({ type, status, reason }) =>
      (type === 'AbleToScale' || type === 'ScalingActive') && status !== 'True' && reason !== 'ScalingDisabled',
  );
  return failed && said(failed);
}

const said = ({ type, reason, message }: Condition) =>
  [words(reason, 100) ?? words(type, 100), words(message)].filter(Boolean).join(': ');

/** A disruption budget; undefined when it has no name. */
export function toBudget({ metadata, status }: ApiObject<V1PodDisruptionBudget>): Budget | undefined {
  const name = words(metadata?.name);
  if (!name) return undefined;
  const failed = items(status?.conditions).find(
    ({ type, status: is, reason }) => type === 'DisruptionAllowed' && is === 'False' && reason === 'SyncFailed',
  );
  return {
    kind: 'PodDisruptionBudget',
    name,
    healthy: count(status?.currentHealthy),
    wanted: count(status?.desiredHealthy),
    failed: failed && said(failed),
    createdAt: instant(metadata?.creationTimestamp) ?? 0,
    ...unobserved({ metadata, status }),
  };
}
