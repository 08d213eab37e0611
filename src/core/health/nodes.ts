// Nodes: those that run pods of the namespace one by one, the others of the cluster together.

import { memoizeEach } from '../memoize-each.ts';
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
  const ill = nodes.filter((node) => ruleOf(node, now) !== 'kinds/ok');
  const here = ill.filter(({ name }) => running.has(name));
  // A node that is drained and stopped is under maintenance.
  const elsewhere = ill.filter(({ name, cordoned }) => !running.has(name) && !cordoned);
  const fine = nodes.length - here.length - elsewhere.length;
  return [
    ...here.map((node): Finding => {
      const { name, problems } = node;
      const about = { id: `pods/node/${name}`, area: 'pods', subject: name } as const;
      const says = `Node ${problems.join(', ')}, runs ${formatCounted(running.get(name)?.length ?? 0, 'pod')}`;
      return { ...about, ...decide(ruleOf(node, now)), says, state: problems };
    }),
    ...gone(nodes, running),
    ...together(elsewhere),
    ...(fine > 0 ? [sum('ok', decide('kinds/ok').rule, `${fine} healthy`)] : []),
  ];
}

/** Pods whose node was deleted: nobody reports on them, whatever their status says. */
function gone(nodes: readonly Node[], running: ReadonlyMap<string, readonly Pod[]>): Finding[] {
  if (nodes.length === 0) return [];
  const there = namesOf(nodes);
  return [...running.keys()]
    .filter((name) => !there.has(name))
    .toSorted()
    .map((name): Finding => {
      const pods = running.get(name)?.length ?? 0;
      const says = `Node does not exist, ${formatCounted(pods, 'pod')} assigned to it`;
      return { id: `pods/node/${name}`, area: 'pods', subject: name, ...decide('node/gone'), says };
    });
}

const namesOf = memoizeEach((nodes: readonly Node[]): ReadonlySet<string> => new Set(nodes.map(({ name }) => name)));

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
