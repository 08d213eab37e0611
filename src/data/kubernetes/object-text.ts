// An object as text: YAML as `kubectl get -o yaml`, and the generic form of `kubectl describe`. Secrets are taken out of
// the value, by what it is and by its name, before it is text: as lines their name and they would be apart.
import { stringify } from 'yaml';
import type { KubeEvent } from '../../core/queries/pod-detail.ts';
import { formatInstant } from '../../core/text/format.ts';
import { redact } from '../../core/text/redact.ts';
import { sanitize } from '../../core/text/text.ts';

export type Lines = { lines: readonly string[]; isCut: boolean };

type Bag = Readonly<Record<string, unknown>>;

/** Lines of one object, and characters of one line, at most. */
const mostLines = 5000;
const longestLine = 1000;
/** Levels of nesting; the API's own objects have about a dozen. */
const deepest = 40;

/** `kubectl apply` keeps the whole object in it, with what it held. */
const lastApplied = 'kubectl.kubernetes.io/last-applied-configuration';

const isBag = (value: unknown): value is Bag => typeof value === 'object' && value !== null && !Array.isArray(value);

/** The object without secrets, and without what only the API server's bookkeeping needs. */
export function withoutSecrets(object: Bag): Bag {
  const cleaned = clean(object, '', 0);
  const bag = isBag(cleaned) ? cleaned : {};
  if (object.kind !== 'Secret') return bag;
  return { ...bag, ...hidden(object, 'data', isBase64), ...hidden(object, 'stringData', (text) => text.length) };
}

/** As kubectl describe says it: `12 bytes`. */
function hidden(object: Bag, field: 'data' | 'stringData', size: (text: string) => number): Bag {
  const values = object[field];
  if (!isBag(values)) return {};
  const bytes = (value: unknown) => (typeof value === 'string' ? `${size(value)} bytes, hidden` : 'hidden');
  return { [field]: Object.fromEntries(Object.entries(values).map(([name, value]) => [name, bytes(value)])) };
}

const isBase64 = (text: string): number => Buffer.from(text, 'base64').length;

/** `name`: the name that the value stands behind. */
function clean(value: unknown, name: string, depth: number): unknown {
  if (depth > deepest) return '…';
  if (typeof value === 'string') return behind(name, value);
  if (Array.isArray(value)) {
    return value.map((each: unknown, at) => (isSecretOf(value[at - 1], each) ? '•••' : clean(each, '', depth + 1)));
  }
  if (!isBag(value)) return value;
  const entries = Object.entries(value).flatMap(([key, each]): [string, unknown][] => {
    if (key === 'managedFields') return [];
    if (key === lastApplied) return [[key, 'hidden']];
    // An entry of a container's environment: its name is beside its value.
    const named = key === 'value' && typeof value.name === 'string' ? value.name : key;
    return [[sanitize(key, 300), clean(each, named, depth + 1)]];
  });
  return Object.fromEntries(entries);
}

/** An argument behind its flag: `--token`, `x`. */
function isSecretOf(flag: unknown, argument: unknown): boolean {
  if (typeof flag !== 'string' || typeof argument !== 'string' || !flag.startsWith('-')) return false;
  const words = `${flag.slice(0, longestName)} ${argument}`;
  return !flag.includes('=') && redact(words) !== words;
}

/** Longer names are no secret's name. */
const longestName = 200;

/** The text without secrets, also where only its name tells that it is one. */
function behind(name: string, text: string): string {
  // A key of several lines is one only as a whole.
  const all = redact(text);
  const assigned = `${name.slice(0, longestName)}=`;
  const isSecret = !text.includes('\n') && redact(assigned + JSON.stringify(text)) !== assigned + JSON.stringify(text);
  if (isSecret && all === text) return '•••';
  return all
    .split('\n')
    .map((line) => sanitize(line, longestLine))
    .join('\n');
}

export function yamlLines(object: Bag): Lines {
  return bounded(stringify(withoutSecrets(object), { lineWidth: 0, aliasDuplicateObjects: false }).split('\n'));
}

/** The generic describer of kubectl: names in words, the metadata first, the events last. */
export function describeLines(object: Bag, events: readonly KubeEvent[]): Lines {
  const { metadata, apiVersion, kind, ...rest } = withoutSecrets(object);
  const meta = isBag(metadata) ? metadata : {};
  const { name, namespace, labels, annotations, ...more } = meta;
  const lines = [
    ...field('Name', name, 0),
    ...(namespace === undefined ? [] : field('Namespace', namespace, 0)),
    ...field('Labels', labels ?? '<none>', 0),
    ...field('Annotations', annotations ?? '<none>', 0),
    ...field('API Version', apiVersion, 0),
    ...field('Kind', kind, 0),
    ...field('Metadata', more, 0),
    ...Object.entries(rest).flatMap(([key, value]) => field(inWords(key), value, 0)),
    ...eventLines(events),
  ];
  return bounded(lines);
}

/** `progressDeadlineSeconds` as `Progress Deadline Seconds`. Names that people chose stay as they are. */
function inWords(key: string): string {
  if (!/^[a-z][a-zA-Z]{0,60}$/.test(key)) return key;
  const spaced = key.replace(/([a-z])([A-Z])/g, '$1 $2');
  return spaced[0]?.toUpperCase() + spaced.slice(1);
}

/** What is in them was named by people. */
const named: ReadonlySet<string> = new Set([
  'Labels',
  'Annotations',
  'Match Labels',
  'Node Selector',
  'Data',
  'Selector',
]);

function field(name: string, value: unknown, depth: number): string[] {
  const indent = '  '.repeat(depth);
  if (Array.isArray(value) || isBag(value)) {
    const inner = Array.isArray(value) ? value : Object.entries(value);
    if (inner.length === 0) return [`${indent}${name}: <none>`];
    return [`${indent}${name}:`, ...parts(value, depth + 1, named.has(name) ? asIs : inWords)];
  }
  const [first = '', ...others] = String(value ?? '<none>').split('\n');
  return [`${indent}${name}: ${first}`, ...others.map((line) => `${indent}  ${line}`)];
}

const asIs = (key: string): string => key;

function parts(value: unknown, depth: number, title: (key: string) => string = inWords): string[] {
  if (isBag(value)) return Object.entries(value).flatMap(([key, each]) => field(title(key), each, depth));
  if (!Array.isArray(value)) return [];
  const indent = '  '.repeat(depth);
  return value.flatMap((each: unknown) => {
    if (!isBag(each) && !Array.isArray(each)) return [`${indent}- ${String(each ?? '<none>')}`];
    const [first = '', ...rest] = parts(each, depth + 1);
    return [`${indent}- ${first.trimStart()}`, ...rest];
  });
}

function eventLines(events: readonly KubeEvent[]): string[] {
  if (events.length === 0) return ['Events: <none>'];
  return [
    'Events:',
    ...events.map(({ at, count, warning, reason, message }) => {
      const times = count > 1 ? ` ×${count}` : '';
      return `  ${formatInstant(at)}  ${warning ? 'Warning' : 'Normal'}  ${reason}${times}  ${message}`;
    }),
  ];
}

function bounded(all: readonly string[]): Lines {
  const lines = all
    .slice(0, mostLines)
    .map((line) => (line.length > longestLine ? `${line.slice(0, longestLine)}…` : line));
  return { lines, isCut: all.length > mostLines };
}
