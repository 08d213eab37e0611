// Texts and objects of a platform without their secrets, for an archive that others will read. Pure.
import { redact, stripControl } from '../text/text.ts';

const masked = '•••';

/** Characters of one text. */
const longest = 1024 * 1024;
/** Deeper than any object of Kubernetes. */
const deepest = 60;

/**
 * A value of JSON without secrets: in each text, in a variable that is named like one (`{name, value}`), and behind an
 * option that takes one. The copy that kubectl keeps of an object, and who manages its fields, are left out.
 */
export function redactedValue(value: unknown, depth = 0): unknown {
  if (typeof value === 'string') return redactedText(value);
  if (typeof value !== 'object' || value === null) return value;
  if (depth >= deepest) return masked;
  if (Array.isArray(value)) return redactedList(value, depth);
  const { name, value: set } = Object.fromEntries(Object.entries(value));
  const hidesValue = typeof name === 'string' && typeof set === 'string' && tells(`${name}=`, set);
  return Object.fromEntries(
    Object.entries(value).flatMap(([key, part]) => {
      if (leftOut.has(key)) return [];
      if (key === 'value' && hidesValue) return [[key, masked]];
      if (typeof part === 'string' && tells(`${key}=`, part)) return [[redactedText(key), masked]];
      return [[redactedText(key), redactedValue(part, depth + 1)]];
    }),
  );
}

const leftOut: ReadonlySet<string> = new Set(['managedFields', 'kubectl.kubernetes.io/last-applied-configuration']);

/** Options and their values stand beside each other: `--password`, `…`. */
function redactedList(list: readonly unknown[], depth: number): unknown[] {
  return list.map((part, at) => {
    const before = list[at - 1];
    const isSecret = typeof part === 'string' && typeof before === 'string' && tells(`${before} `, part);
    return isSecret ? masked : redactedValue(part, depth + 1);
  });
}

/** Whether a text is a secret because of what stands before it. */
function tells(before: string, text: string): boolean {
  if (text === '' || text.length > longest) return false;
  const both = before + text;
  return redact(both) !== both && redact(text) === text && redact(before) === before;
}

function redactedText(text: string): string {
  return text.split('\n').map(redactedLine()).join('\n');
}

const begins = /-----BEGIN [A-Z ]{0,40}PRIVATE KEY-----/;
const ends = /-----END [A-Z ]{0,40}PRIVATE KEY-----/;

/** A private key has fewer lines; without this a line that only mentions one would hide all behind it. */
const longestKey = 120;

/**
 * Redacts the lines of one text, one after the other, each whole. A private key stands on many: those between its first and
 * its last are masked.
 */
export function redactedLine(): (line: string) => string {
  let keyLines = 0;
  return (line) => {
    if (keyLines > 0) {
      const over = ends.test(line);
      keyLines = over ? 0 : keyLines - 1;
      if (over || /^[^\n]{0,200}[A-Za-z0-9+/=]{16}/.test(line)) return masked;
      keyLines = 0;
    }
    if (line.includes('PRIVATE KEY-----') && begins.test(line) && !ends.test(line)) {
      keyLines = longestKey;
      return `${redact(stripControl(line.slice(0, line.search(begins)), longest))}${masked}`;
    }
    return redact(stripControl(line, longest));
  };
}
