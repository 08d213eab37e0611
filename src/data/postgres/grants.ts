// What would allow what PostgreSQL refused (42501): the privilege of the statement that was refused, on the object that
// it names. Where the server names none that a grant could cure, none is advised.
import { quoted } from '../../core/text/sql.ts';
import { sanitize } from '../../core/text/text.ts';

/** Of an error that the server sent: what its fields say, in whatever language its text is. */
type Refused = { message?: unknown; detail?: unknown; routine?: unknown; statement?: unknown };

/** What a kind of object is called in `permission denied for …`, and the privilege on it that a reader lacks. */
const byKind: Readonly<Record<string, readonly [object: string, privilege: string]>> = {
  sequence: ['SEQUENCE', 'USAGE'],
  schema: ['SCHEMA', 'USAGE'],
  database: ['DATABASE', 'CONNECT'],
  function: ['FUNCTION', 'EXECUTE'],
  procedure: ['PROCEDURE', 'EXECUTE'],
  routine: ['ROUTINE', 'EXECUTE'],
  type: ['TYPE', 'USAGE'],
  language: ['LANGUAGE', 'USAGE'],
};

const relations = /^(table|view|materialized view|foreign table|relation)$/;

/** The error, with the statement that it refused: which privilege was missing is said by the statement alone. */
export function refusedStatement(error: unknown, ...statements: readonly string[]): unknown {
  return error instanceof Error ? Object.assign(error, { statement: statements.join('; ') }) : error;
}

/** The next move after a refusal, for this role. */
export function grantFor(error: unknown, role: string): string {
  const { message, detail, routine, statement } = (error ?? {}) as Refused;
  const said = sanitize(message, 300);
  const to = quoted(sanitize(role, 64));
  if (routine === 'pg_terminate_backend' || routine === 'pg_cancel_backend')
    return `${said} ${sanitize(detail, 300)}`.includes('pg_signal_backend')
      ? `GRANT pg_signal_backend TO ${to};`
      : 'only a superuser can end sessions of a superuser';
  const [, kind = '', name = ''] = /^permission denied for ((?:materialized |foreign )?[a-z]+) (.+)$/.exec(said) ?? [];
  if (relations.test(kind)) return `GRANT ${privilegesOf(statement)} ON ${placed(name, statement)} TO ${to};`;
  // The server's monitoring functions are granted together.
  if (kind === 'function' && name.startsWith('pg_')) return `GRANT pg_monitor TO ${to};`;
  const [object, privilege] = byKind[kind] ?? [];
  if (object) return `GRANT ${privilege} ON ${object} ${quoted(name)} TO ${to};`;
  if (routine === 'AlterRole')
    return `needs CREATEROLE, and ADMIN OPTION on that role: a superuser can GRANT both to ${to}`;
  if (routine === 'ExecWithCheckOptions') return `a row security policy refuses it: a policy TO ${to} would allow it`;
  if (said.startsWith('must be owner of'))
    return `only its owner may: its owner, or a member of that role, has to do it`;
  return `an administrator of the database must allow ${to} what the message names`;
}

/** The privileges that a statement needs on its tables: `SELECT, UPDATE`. Without a statement: it was a read. */
function privilegesOf(statement: unknown): string {
  const bare = outsideOfQuotes(statement);
  const writes = [
    ['INSERT', /\bINSERT INTO\b/i],
    ['UPDATE', /\bUPDATE\b/i],
    ['DELETE', /\bDELETE FROM\b/i],
  ] as const;
  return ['SELECT', ...writes.flatMap(([privilege, word]) => (word.test(bare) ? [privilege] : []))].join(', ');
}

/** The table with the schema in which the statement names it: the server tells its own name alone. */
function placed(table: string, statement: unknown): string {
  const names = String(statement ?? '').matchAll(
    /(?<![\w$"])("(?:[^"]|"")+"|[a-z_][\w$]*)\.("(?:[^"]|"")+"|[a-z_][\w$]*)/gi,
  );
  for (const [, schema = '', name = ''] of names)
    if (unquoted(name) === table) return `${quoted(unquoted(schema))}.${quoted(table)}`;
  return quoted(table);
}

const unquoted = (name: string) => (name.startsWith('"') ? name.slice(1, -1).replaceAll('""', '"') : name);
const outsideOfQuotes = (statement: unknown) => String(statement ?? '').replace(/"(?:[^"]|"")*"|'(?:[^']|'')*'/g, ' ');
