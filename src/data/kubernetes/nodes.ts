import type { V1Node } from '@kubernetes/client-node';
import { nodeProblems } from '../../core/queries/pod-detail.ts';
import type { Node } from '../../core/world/facts.ts';
import { type ApiObject, instant, words } from './api-object.ts';
import { conditionsOf } from './pod-query.ts';

/** A node for evaluation; undefined without a name. */
export function toNode({ metadata, spec, status }: ApiObject<V1Node>): Node | undefined {
  const name = words(metadata?.name, 253);
  if (!name) return undefined;
  const conditions = conditionsOf(status?.conditions);
  return {
    name,
    ready: conditions.some(({ type, status: is }) => type === 'Ready' && is === 'True'),
    problems: nodeProblems(conditions, false),
    cordoned: spec?.unschedulable === true,
    createdAt: instant(metadata?.creationTimestamp) ?? 0,
  };
}
