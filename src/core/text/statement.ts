// SQL statements safe to show: without the data in their literals.
import { sanitize } from './text.ts';

/** Comments, names in quotes, and literals in each of their forms, also one that was cut off before its end. */
const parts =
  /--[^\n]*|\/\*[\s\S]*?(?:\*\/|$)|"[^"]*(?:"|$)|\$(\w*)\$[\s\S]*?(?:\$\1\$|$)|\b(?:e'(?:[^'\\]|''|\\[\s\S])*(?:'|$)|(?:[bnx]|u&)'(?:[^']|'')*(?:'|$))|'(?:[^']|'')*(?:'|$)/gi;

/** A statement with one of these words handles secrets: none of its literals is shown. */
const telling =
  /passw(?:or)?d|passphrase|secret|token|credential|key_hash|private_key|api_key\b|insert\s+into\s+\S*api_keys|crypt\s*\(|hmac\s*\(|digest\s*\(/i;

/** What ends in this word hides the literal behind it: `key = '…'`, `key, '…'`. */
const besideKey = /\bkey(?:\s*[=,]\s*|\s+)$/i;

/** Longer literals are data rather than an id or a status. */
const long = 40;

/** The statement with long literals left out, those that were cut off, and all of one that handles secrets. */
export function withoutLiterals(statement: string): string {
  const secret = telling.test(statement.replace(parts, (part) => (isLiteral(part) ? "''" : part)));
  return statement.replace(parts, (part, _tag: string | undefined, at: number) => {
    // A comment is free text, in which anything may stand.
    if (!isLiteral(part)) return secret && !part.startsWith('"') ? ' ' : part;
    const cutOff = part.length < 2 || !/['$]$/.test(part);
    const hidden =
      secret || cutOff || part.length - 2 > long || besideKey.test(statement.slice(Math.max(0, at - 100), at));
    return hidden ? "'•••'" : part;
  });
}

const isLiteral = (part: string) => !/^(?:--|\/\*|")/.test(part);

/** A statement from a server, safe to show, at most `max` characters; redacted before it is cut. */
export function statementSays(outside: string | null | undefined, max: number): string {
  return sanitize(withoutLiterals((outside ?? '').slice(0, 8000)), max);
}

/** The same parts, and what must not be taken for a number: parameters and names; then numbers. */
const partsAndNumbers = new RegExp(
  `${parts.source}|\\$\\d+|[a-z_\\u0080-\\uffff][\\w$\\u0080-\\uffff]*|\\d[\\w.]*`,
  'gi',
);

/**
 * A statement from a server as its kind: no literal and no number of it is shown, lists of them are one, and statements
 * that differ in nothing else are the same text. At most `max` characters.
 */
export function statementKind(outside: string | null | undefined, max: number): string {
  const masked = (outside ?? '').slice(0, 8000).replace(partsAndNumbers, (part) => {
    if (part.startsWith('--') || part.startsWith('/*')) return ' ';
    return /^(?:\d|(?:[bnxe]|u&)?'|\$(?!\d))/i.test(part) ? '?' : part;
  });
  return sanitize(
    masked
      .replace(/\?(?:\s*,\s*\?)+/g, '?, …')
      .replace(/\s+/g, ' ')
      .trim(),
    max,
  );
}
