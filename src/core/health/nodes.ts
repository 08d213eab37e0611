// Nodes: those that run pods of the namespace one by one, the others of the cluster together.
import { formatCounted } from '../text/format.ts';
import type { Instant } from '../time.ts';
import type { Node, Pod } from '../world/facts.ts';
import type { Finding } from './finding.ts';
import { podsByNode } from './pod-groups.ts';
import { decide, type RuleId } from './rules/index.ts';
import { joinsWithin } from './rules/namespace.ts';

/** One finding for each unhealthy node with pods of ours, one for the other unhealthy nodes, one for the healthy ones. */
export function evaluateNodes(nodes: readonly Node[], pods: readonly Pod[], now: Instant): Finding[] {
  const running = podsByNode(pods);
  const judged = nodes.map((node) => ({ node, ours: running.get(node.name) ?? [], rule: ruleOf(node, now) }));
  const ill = judged.filter(({ rule }) => rule !== 'kinds/ok');
  const here = ill.filter(({ ours }) => ours.length > 0);
  // A node that is drained and stopped is under maintenance.
  const elsewhere = ill.filter(({ ours, node }) => ours.length === 0 && !node.cordoned);
  const fine = nodes.length - here.length - elsewhere.length;
  return [
    ...here.map(({ node, ours, rule }): Finding => {
      const about = { id: `pods/node/${node.name}`, area: 'pods', subject: node.name } as const;
      const says = `Node ${node.problems.join(', ')}, runs ${formatCounted(ours.length, 'pod')}`;
      return { ...about, ...decide(rule), says, state: node.problems };
    }),
    ...gone(nodes, running),
    ...together(elsewhere.map(({ node }) => node)),
    ...(fine > 0 ? [sum('ok', decide('kinds/ok').rule, `${fine} healthy`)] : []),
  ];
}

/** Pods whose node was deleted: nobody reports on them, whatever their status says. */
function gone(nodes: readonly Node[], running: ReadonlyMap<string, readonly Pod[]>): Finding[] {
  if (nodes.length === 0) return [];
  const there = new Set(nodes.map(({ name }) => name));
  return [...running]
    .filter(([name]) => !there.has(name))
    .toSorted(([a], [b]) => (a < b ? -1 : 1))
    .map(([name, pods]): Finding => {
      const says = `Node does not exist, ${formatCounted(pods.length, 'pod')} assigned to it`;
      return { id: `pods/node/${name}`, area: 'pods', subject: name, ...decide('node/gone'), says };
    });
}

function ruleOf({ ready, problems, createdAt }: Node, now: Instant): RuleId {
  if (!ready) return now - createdAt < joinsWithin ? 'kinds/ok' : 'node/not-ready';
  return problems.length > 0 ? 'node/pressure' : 'kinds/ok';
}

function sum(of: 'ok' | 'elsewhere', rule: RuleId, says: string): Finding {
  return { id: of === 'ok' ? 'pods/node' : `pods/node/`, area: 'pods', subject: 'nodes', ...decide(rule), says };
}

function together(nodes: readonly Node[]): Finding[] {
  if (nodes.length === 0) return [];
  const names = nodes.map(({ name, problems }) => `${name} ${problems.join(', ')}`);
  const more = names.length > 3 ? ` and ${names.length - 3} more` : '';
  const rule = nodes.some(({ ready }) => !ready) ? 'node/not-ready' : 'node/pressure';
  return [sum('elsewhere', rule, `${names.slice(0, 3).join('; ')}${more}: no pods of ours there`)];
}
