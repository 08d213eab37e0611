// Secrets in pairs of a name and a value, in any order: `{"value": "x", "name": "DB_PASSWORD"}`, an entry of a
// container's environment, a header, a parameter.
import { secretName } from './names.ts';
import { bare, lineEnd, marked, quoted, type Range } from './value.ts';

/** The keys of such a pair: `name`, `key`, `ParameterKey`, `value`. */
const keys =
  /(?<![A-Za-z0-9_])(?:parameter|header|env|variable)?_?(?:(name|key|header|variable)|value)\\{0,15}["'`]?\s{0,20}(?:=>|[:=])\s{0,20}/gi;
/** How far apart the two stand at most, without what they contain. */
const farthest = 300;
/** Where an entry ends: its bracket, or the hyphen of the next one in YAML. */
const nextEntry = /[{}]|\n\s{0,80}-\s/;

/** The text without the values that stand beside a secret's name. */
export function withoutPairs(text: string): string {
  const found: Range[] = [];
  let name: Range | undefined;
  let value: Range | undefined;
  let last = 0;
  keys.lastIndex = 0;
  for (let match = keys.exec(text); match; match = keys.exec(text)) {
    const isName = match[1] !== undefined;
    const range = valueAt(text, keys.lastIndex);
    const gap = match.index - last;
    if (gap > farthest || (isName ? name : value) || nextEntry.test(text.slice(last, match.index))) {
      name = undefined;
      value = undefined;
    }
    if (isName) name = range;
    else value = range;
    last = range.to;
    keys.lastIndex = Math.max(keys.lastIndex, range.to);
    if (!name || !value) continue;
    if (isSecret(text, name, value)) found.push(value);
    name = undefined;
    value = undefined;
  }
  return marked(text, found);
}

function isSecret(text: string, name: Range, value: Range): boolean {
  if (value.from >= value.to || name.to - name.from > 200) return false;
  const is = secretName(text.slice(name.from, name.to));
  return (
    is === 'surely' ||
    (is === 'perhaps' && !/^\d{1,6}$/.test(text.slice(value.from, Math.min(value.to, value.from + 7))))
  );
}

/** What says that there is no value. */
const nothing = /^(?:null|nil|none|undefined|true|false)$/i;

function valueAt(text: string, from: number): Range {
  if (text[from] === '[') {
    const end = lineEnd(text, from);
    const close = text.slice(from, end).indexOf(']');
    return { from: from + 1, to: close < 0 ? end : from + close };
  }
  const range = quoted(text, from) ?? inYaml(text, from) ?? bare(text, from);
  return nothing.test(text.slice(range.from, Math.min(range.to, range.from + 10)))
    ? { from: range.to, to: range.to }
    : range;
}

/** A value of YAML without quotes goes to the end of its line, or to a comma: `Bearer x`. */
function inYaml(text: string, from: number): Range | undefined {
  if (!/(?:^|\n)\s{0,80}(?:-\s{1,9})?[\w-]{1,30}:\s{1,20}$/.test(text.slice(Math.max(0, from - 140), from)))
    return undefined;
  const to = lineEnd(text, from);
  const comma = text.slice(from, to).indexOf(', ');
  return { from, to: comma < 0 ? to : from + comma };
}
