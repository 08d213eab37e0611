// Text of SQL from values: for showing a statement as psql would take it, and for names of tables in it.
import type { SqlValue, Statement } from '../actions/call.ts';

/** An identifier, always quoted. Throws on NUL, which no identifier can hold. */
export function identifier(name: string): string {
  if (name.includes('\0')) throw new Error('an identifier cannot hold NUL');
  return `"${name.replaceAll('"', '""')}"`;
}

/** What PostgreSQL takes for a key word where a name stands (PostgreSQL documentation, appendix C: reserved). */
const reserved = new Set(
  (
    'all analyse analyze and any array as asc asymmetric authorization binary both case cast check collate collation ' +
    'column concurrently constraint create cross current_catalog current_date current_role current_schema ' +
    'current_time current_timestamp current_user default deferrable desc distinct do else end except false fetch for ' +
    'foreign freeze from full grant group having ilike in initially inner intersect into is isnull join lateral ' +
    'leading left like limit localtime localtimestamp natural not notnull null offset on only or order outer overlaps ' +
    'placing primary references returning right select session_user similar some symmetric system_user table ' +
    'tablesample then to trailing true union unique user using variadic verbose when where window with'
  ).split(' '),
);

/** Quoted only where it has to be: statements are read by people too. */
export function quoted(name: string): string {
  return /^[a-z_][a-z0-9_]*$/.test(name) && !reserved.has(name) ? name : identifier(name);
}

/** `"public"."jobs"`. */
export function qualified(schema: string, table: string): string {
  return `${identifier(schema)}.${identifier(table)}`;
}

/** Characters that a terminal or sanitize() would remove: written as escapes. */
const escaped = /[\\\p{Cc}\p{Zl}\p{Zp}\p{Default_Ignorable_Code_Point}\p{Bidi_Control}\p{M}\ufff9-\ufffb]/u;

/** A literal that means the same whatever standard_conforming_strings says. */
export function literal(value: SqlValue): string {
  if (value === null) return 'NULL';
  if (typeof value === 'boolean') return value ? 'true' : 'false';
  if (typeof value === 'number') return Number.isFinite(value) ? String(value) : `'${value}'::float8`;
  if (typeof value !== 'string') return `ARRAY[${value.map(literal).join(', ')}]`;
  if (!escaped.test(value)) return `'${value.replaceAll("'", "''")}'`;
  const text = [...value].map((char) => (char === "'" ? "''" : escaped.test(char) ? spelled(char) : char)).join('');
  return `E'${text}'`;
}

function spelled(char: string): string {
  const code = char.codePointAt(0) ?? 0;
  if (char === '\\') return '\\\\';
  return code > 0xffff ? `\\U${code.toString(16).padStart(8, '0')}` : `\\u${code.toString(16).padStart(4, '0')}`;
}

/** The statement with its parameters in their places, as a person would type it. */
export function inlined({ text, parameters }: Statement): string {
  return text.replace(/\$(\d+)/g, (place, at: string) => {
    const value = parameters[Number(at) - 1];
    return value === undefined ? place : literal(value);
  });
}

/** The same with long lists counted: `ANY(<312 values>)`. To read, not to run. */
export function summarised({ text, parameters }: Statement): string {
  return text.replace(/\$(\d+)/g, (place, at: string) => {
    const value = parameters[Number(at) - 1];
    if (value === undefined) return place;
    return Array.isArray(value) && value.length > 3 ? `<${value.length} values>` : literal(value);
  });
}
