// The table of options, derived from the schema: what the environment, flags, the file and the documentation know.
import * as z from 'zod';
import { settingsSchema } from './settings.ts';

/** What an option's schema says, and our own marks. As zod's JSON Schema has it, which takes 10 ms of a start to make. */
type Node = {
  type?: 'string' | 'integer' | 'number' | 'boolean' | 'array';
  properties?: Readonly<Record<string, Node>>;
  required?: boolean;
  items?: Node;
  enum?: readonly string[];
  /** The least valid value, and the greatest. */
  from?: number;
  to?: number;
  default?: unknown;
  description?: string;
  secret?: boolean;
  path?: boolean;
  pathList?: boolean;
  derived?: boolean;
};

/** One option. */
export type Option = {
  /** `kubernetes.namespace`. */
  path: string;
  kind: 'text' | 'integer' | 'number' | 'boolean' | 'list' | 'choice';
  /** Without it, a profile or the file has to give a value. */
  default: unknown;
  /** May be unset with null. */
  optional: boolean;
  secret: boolean;
  /** Whether it names a file or directory (or a list of them), resolved against the place where it was given. */
  names: 'path' | 'path list' | undefined;
  /** What it means; may be empty. */
  about: string;
  /** The description of a valid value: `a whole number from 1 to 65535`. */
  right: string;
  /** `BENTHAM_KUBERNETES_NAMESPACE`. */
  environment: string;
};

/** A group of options: `kubernetes`. */
export type Section = { path: string; about: string; optional: boolean; children: readonly string[] };

/** Every option by its path, in the schema's order. */
export const options = new Map<string, Option>();
/** Every section by its path; the whole is ''. */
export const sections = new Map<string, Section>();

collect(nodeOf(settingsSchema), '');

function collect(node: Node, path: string): void {
  const { required = false } = node;
  if (!node.properties) {
    options.set(path, {
      path,
      kind: kindOf(node),
      default: node.default,
      optional: !required && node.default === undefined,
      secret: node.secret === true,
      names: node.path ? 'path' : node.pathList ? 'path list' : undefined,
      about: node.description ?? '',
      right: rightOf(node),
      environment: environmentName(path),
    });
    return;
  }
  const given = Object.entries(node.properties).filter(([, child]) => !child.derived);
  sections.set(path, {
    path,
    about: node.description ?? '',
    optional: !required && node.default === undefined,
    children: given.map(([name]) => name),
  });
  for (const [name, child] of given) collect(child, path ? `${path}.${name}` : name);
}

/** A schema as a node; what a wrapper (optional, default) says counts more than what it wraps. */
function nodeOf(schema: z.core.$ZodType): Node {
  const required = schema._zod.optin === undefined;
  return { ...shapeOf((schema as z.core.$ZodTypes)._zod.def), ...z.globalRegistry.get(schema), required };
}

function shapeOf(def: z.core.$ZodTypes['_zod']['def']): Node {
  switch (def.type) {
    case 'object':
      return { properties: Object.fromEntries(Object.entries(def.shape).map(([name, one]) => [name, nodeOf(one)])) };
    case 'optional':
      return nodeOf(def.innerType);
    case 'default':
    case 'prefault':
      return { ...nodeOf(def.innerType), default: def.defaultValue };
    case 'array':
      return { type: 'array', items: nodeOf(def.element) };
    case 'enum':
      return { enum: Object.values(def.entries).map(String) };
    case 'number':
      return numberOf(def.checks ?? []);
    case 'string':
    case 'boolean':
      return { type: def.type };
    default:
      throw new Error(`settings have no ${def.type}`);
  }
}

/** `greater_than` without its own value is read as from the next whole number on. */
function numberOf(checks: readonly z.core.$ZodCheck<never>[]): Node {
  const node: Node = { type: 'number' };
  for (const { _zod } of checks) {
    const { def } = _zod as z.core.$ZodChecks['_zod'];
    if (def.check === 'number_format') node.type = 'integer';
    if (def.check === 'greater_than') node.from = Number(def.value) + (def.inclusive ? 0 : 1);
    if (def.check === 'less_than') node.to = Number(def.value);
  }
  return node;
}

/** `kubernetes.podSelector` → `BENTHAM_KUBERNETES_POD_SELECTOR`. */
export function environmentName(path: string): string {
  return `BENTHAM_${path
    .replace(/([a-z0-9])([A-Z])/g, '$1_$2')
    .replaceAll('.', '_')
    .toUpperCase()}`;
}

function kindOf(node: Node): Option['kind'] {
  if (node.enum) return 'choice';
  if (node.type === 'array') return 'list';
  return node.type === 'integer' || node.type === 'number' || node.type === 'boolean' ? node.type : 'text';
}

function rightOf(node: Node): string {
  if (node.enum) return `one of ${node.enum.join(', ')}`;
  if (node.type === 'boolean') return 'true or false';
  if (node.type === 'array')
    return node.items?.properties
      ? `a list of { ${Object.keys(node.items.properties).join(', ')} }`
      : node.items?.enum
        ? `a list of ${node.items.enum.join(', ')}`
        : 'a list of strings';
  if (node.type === 'integer' || node.type === 'number') {
    const { from, to } = node;
    const range = from === undefined ? '' : ` from ${from}${to === undefined ? '' : ` to ${to}`}`;
    return `a ${node.type === 'integer' ? 'whole ' : ''}number${range}`;
  }
  return 'text';
}

/**
 * A value given as text (environment, `--set`) as the option's kind wants it. What does not fit is left as it is, for
 * the schema to refuse. Lists: JSON, or words apart by blanks or commas.
 */
export function parseText(option: Option, text: string): unknown {
  if (option.optional && text === 'null') return null;
  if (option.kind === 'integer' || option.kind === 'number')
    return /^[+-]?\d+(\.\d+)?$/.test(text.trim()) ? Number(text) : text;
  if (option.kind === 'boolean') {
    if (/^(true|yes|on|1)$/i.test(text.trim())) return true;
    return /^(false|no|off|0)$/i.test(text.trim()) ? false : text;
  }
  if (option.kind !== 'list') return text;
  if (!text.trim().startsWith('[')) return text.split(/[\s,]+/).filter((word) => word !== '');
  try {
    return JSON.parse(text);
  } catch {
    return text;
  }
}
