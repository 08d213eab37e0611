// Label and field selectors, as lists and watches take them.
import type { KubeObject, Labels } from './object.ts';
import { Refusal } from './status.ts';

type Requirement = (labels: Labels) => boolean;

/** Commas inside parentheses do not part requirements: `app in (a,b),tier=web`. */
function parts(selector: string): string[] {
  return selector
    .split(/,(?![^(]*\))/)
    .map((part) => part.trim())
    .filter((part) => part !== '');
}

function requirement(part: string): Requirement {
  const set = /^([^\s!=(),]+)\s+(in|notin)\s+\(([^)]*)\)$/.exec(part);
  if (set) {
    const [, key = '', operator, list = ''] = set;
    const values = list.split(',').map((value) => value.trim());
    return (labels) => {
      const value = labels[key];
      const inside = value !== undefined && values.includes(value);
      return operator === 'in' ? inside : !inside;
    };
  }
  const compared = /^([^\s!=(),]+)\s*(==|=|!=)\s*([^\s!=(),]*)$/.exec(part);
  if (compared) {
    const [, key = '', operator, value] = compared;
    return operator === '!=' ? (labels) => labels[key] !== value : (labels) => labels[key] === value;
  }
  const there = /^(!?)([^\s!=(),]+)$/.exec(part);
  if (there) {
    const [, absent, key = ''] = there;
    return (labels) => (labels[key] === undefined) === (absent === '!');
  }
  throw new Refusal('BadRequest', `unable to parse requirement: found '${part}'`);
}

/** A test for labels, from `a=b`, `a!=b`, `a in (b,c)`, `a notin (b)`, `a`, `!a`, joined by commas. */
export function labelSelector(selector: string): (labels: Labels | undefined) => boolean {
  const requirements = parts(selector).map(requirement);
  return (labels) => requirements.every((holds) => holds(labels ?? {}));
}

/** The value at a dotted path, as text; '' where there is none. */
function fieldOf(object: KubeObject, path: string): string {
  let value: unknown = object;
  for (const step of path.split('.')) {
    if (typeof value !== 'object' || value === null) return '';
    value = (value as Readonly<Record<string, unknown>>)[step];
  }
  return value === undefined || value === null ? '' : String(value);
}

const selectable =
  /^(metadata\.(name|namespace)|spec\.(nodeName|restartPolicy|serviceAccountName|unschedulable)|status\.(phase|podIP|replicas)|involvedObject\.(kind|namespace|name|uid|apiVersion|resourceVersion|fieldPath)|regarding\.\w+|reason|reportingComponent|source|type)$/;

/** A test for objects, from `status.phase!=Running,spec.nodeName=a`. */
export function fieldSelector(selector: string): (object: KubeObject) => boolean {
  const requirements = parts(selector).map((part) => {
    const [, path = '', operator, value = ''] = /^([^!=]+)(==|=|!=)(.*)$/.exec(part) ?? [];
    if (!selectable.test(path)) throw new Refusal('BadRequest', `field label not supported: ${path || part}`);
    const stored = path.replace(/^regarding\./, 'involvedObject.').replace(/^source$/, 'source.component');
    return (object: KubeObject) => (fieldOf(object, stored) === value) === (operator !== '!=');
  });
  return (object) => requirements.every((holds) => holds(object));
}
