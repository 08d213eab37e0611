// The evaluation of autoscalers and disruption budgets.
import type { Instant } from '../time.ts';
import type { Autoscaler, Budget } from '../world/facts.ts';
import { decide, type Evaluation } from './rules/index.ts';
import { patience } from './rules/namespace.ts';

/** One that cannot scale, or has nothing left to add; a new one is given time to get its first metrics. */
export function evaluateAutoscaler(one: Autoscaler, now: Instant): Evaluation {
  const about = `HorizontalPodAutoscaler of ${one.target || 'nothing'}`;
  const young = now - one.createdAt < patience;
  if (one.unable && !young)
    return { ...decide('autoscaler/unable'), short: 'HPA cannot scale', says: `${about} cannot scale: ${one.unable}` };
  if (!one.seen && !young)
    return {
      ...decide('autoscaler/unable'),
      short: 'HPA not handled',
      says: `${about}: its controller is not responding`,
    };
  if (one.max > one.min && one.current >= one.max)
    return {
      ...decide('autoscaler/at-maximum'),
      short: `HPA at its maximum of ${one.max}`,
      says: `${about}: at its maximum of ${one.max}`,
    };
  return { ...decide('autoscaler/ok'), says: `${about}: ${one.current} of at most ${one.max}` };
}

/** Fewer healthy pods than the budget protects. */
export function evaluateBudget({ healthy, wanted, failed, unobservedSince }: Budget, now: Instant): Evaluation {
  const says = `PodDisruptionBudget: ${healthy} healthy, ${wanted} wanted`;
  if (failed)
    return { ...decide('budget/failed'), short: 'PDB cannot be computed', says: `PodDisruptionBudget: ${failed}` };
  if (unobservedSince !== undefined && now - unobservedSince > patience)
    return {
      ...decide('budget/failed'),
      short: 'PDB not handled',
      says: 'PodDisruptionBudget: its controller is not responding',
    };
  const short = `PDB ${healthy} healthy, ${wanted} wanted`;
  return { ...decide(healthy < wanted ? 'budget/violated' : 'budget/ok'), short, says };
}
