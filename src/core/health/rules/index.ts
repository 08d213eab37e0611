// Every rule by its id. A finding names the rule that decided it, so what has no row here does not compile;
// docs/verdicts.md is made of these rows.
import { type HealthStatus, isWorse } from '../status.ts';
import { figureRules } from './figures.ts';
import { gatewayRules } from './gateway.ts';
import { namespaceRules } from './namespace.ts';
import { podRules, workloadRules } from './pods.ts';
import { postgresRules, primaryRules, replicaRules, upkeepRules } from './postgres.ts';
import { redisRules } from './redis.ts';
import type { Rule } from './rule.ts';
import { sourceRules } from './sources.ts';
import { studyRules } from './studies.ts';

export type { Rule } from './rule.ts';

/** The sections of docs/verdicts.md, in its order. */
export const ruleSections = [
  { title: 'Any source', rules: sourceRules },
  { title: 'Gateway', rules: gatewayRules },
  { title: 'Pods', rules: podRules },
  { title: 'Deployments, stateful sets, daemon sets, replica sets', rules: workloadRules },
  { title: 'Other objects of the namespace', rules: namespaceRules },
  { title: 'PostgreSQL, primary', rules: primaryRules },
  { title: 'PostgreSQL, replica', rules: replicaRules },
  { title: 'PostgreSQL, slots and ids', rules: postgresRules },
  { title: 'PostgreSQL, archive, pages, prepared transactions, sequences', rules: upkeepRules },
  { title: 'Redis', rules: redisRules },
  { title: 'Metrics, surfaces, states, backups', rules: figureRules },
  { title: 'Studies and jobs', rules: studyRules },
] as const;

const all = {
  ...sourceRules,
  ...gatewayRules,
  ...podRules,
  ...workloadRules,
  ...namespaceRules,
  ...primaryRules,
  ...replicaRules,
  ...postgresRules,
  ...upkeepRules,
  ...redisRules,
  ...figureRules,
  ...studyRules,
};

export type RuleId = keyof typeof all;
export const rules: Readonly<Record<RuleId, Rule>> = all;
export const ruleIds = Object.keys(all) as RuleId[];

/** A verdict with the rule that decided it. */
export type Decision = { rule: RuleId; verdict: HealthStatus };

/** A decision in words: what is wrong, the same for a narrow pane, and what fixes it. */
export type Evaluation = Decision & { says: string; short?: string; remedy?: string; state?: readonly string[] };

/** The verdict of a rule. */
export const decide = (rule: RuleId): Decision => ({ rule, verdict: rules[rule].verdict });

/** The worst of several rules, the first among equals; `otherwise` where none is. */
export function worstRule(found: Iterable<RuleId>, otherwise: RuleId): RuleId {
  let worst = otherwise;
  for (const rule of found) if (isWorse(rules[rule].verdict, rules[worst].verdict)) worst = rule;
  return worst;
}
