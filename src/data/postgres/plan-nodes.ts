// EXPLAIN (FORMAT JSON) as nodes to show: each text without literals, and bounded.
import { mostNodes, type PlanNode } from '../../core/queries/statement-plan.ts';
import { statementKind } from '../../core/text/statement.ts';
import { sanitize } from '../../core/text/text.ts';

type Found = { readonly [key: string]: unknown };
const isFound = (value: unknown): value is Found =>
  typeof value === 'object' && value !== null && !Array.isArray(value);
const number = (value: unknown): number => (typeof value === 'number' && Number.isFinite(value) ? value : 0);

/** What is said of a node beside its type, in EXPLAIN's own words. */
const conditions = [
  'Index Cond',
  'Recheck Cond',
  'Hash Cond',
  'Merge Cond',
  'Join Filter',
  'TID Cond',
  'Filter',
  'Sort Key',
  'Group Key',
] as const;

/** The nodes of a plan, each below its parent. */
export function nodesOf(answer: unknown): { nodes: readonly PlanNode[]; more: boolean } {
  const nodes: PlanNode[] = [];
  let more = false;
  const add = (node: unknown, depth: number) => {
    if (!isFound(node)) return;
    if (nodes.length >= mostNodes || depth > 60) {
      more = true;
      return;
    }
    nodes.push(nodeFrom(node, depth));
    const below = node.Plans;
    if (Array.isArray(below)) for (const one of below) add(one, depth + 1);
  };
  const [first]: unknown[] = Array.isArray(answer) ? answer : [];
  if (isFound(first)) add(first.Plan, 0);
  return { nodes, more };
}

function nodeFrom(node: Found, depth: number): PlanNode {
  const named = (key: string) => (typeof node[key] === 'string' ? sanitize(node[key], 80) : '');
  const table = named('Relation Name');
  const alias = named('Alias');
  const index = named('Index Name');
  const of = table || named('CTE Name') || named('Function Name');
  const called = alias && alias !== of ? `${of} ${alias}`.trim() : of;
  const kind = [
    node['Parallel Aware'] === true ? 'Parallel' : '',
    named('Join Type') === 'Inner' ? '' : named('Join Type'),
  ];
  return {
    depth,
    type: [...kind, named('Operation') || named('Node Type')].filter(Boolean).join(' '),
    on: [index ? `using ${index}` : '', called ? `on ${called}` : ''].filter(Boolean).join(' '),
    cost: number(node['Total Cost']),
    rows: number(node['Plan Rows']),
    width: number(node['Plan Width']),
    details: conditions.flatMap((key) => detailOf(key, node[key])),
  };
}

function detailOf(key: string, value: unknown): string[] {
  const text = Array.isArray(value) ? value.filter((one) => typeof one === 'string').join(', ') : value;
  return typeof text === 'string' && text !== '' ? [`${key}: ${statementKind(text, 400)}`] : [];
}
