// One change of a database, in one transaction: lock what the plan counted, compare, keep, change, compare, commit.
import type { Client } from 'pg';
import type { SqlCall, SqlValue, Statement } from '../../core/actions/call.ts';
import type { KeptRows } from '../../core/actions/preflight.ts';
import { formatAge, formatCount } from '../../core/text/format.ts';
import { sanitize } from '../../core/text/text.ts';
import { type Ms, minute, second } from '../../core/time.ts';
import { Distrusted } from '../../disk/private-files.ts';
import { answerWithin, type CallResult, type ExecutionContext } from '../call-result.ts';
import { acting, type Connection, connect } from './connect.ts';
import { postgresFault, sqlState } from './faults.ts';
import { refusedStatement } from './grants.ts';
import { openSessions } from './sessions.ts';

const connectWithin: Ms = 5 * second;
const lockWithin: Ms = 5 * second;
const statementWithin: Ms = 30 * second;

export async function executeSql(call: SqlCall, means: ExecutionContext): Promise<CallResult> {
  const server = means.settings.database[call.server];
  if (!server) return { outcome: 'failed', says: `no ${call.server} is configured`, hint: 'set database.replica' };
  const opening = AbortSignal.any([means.signal, AbortSignal.timeout(connectWithin)]);
  let connection: Connection;
  try {
    connection = await connect(server, { signal: opening, name: acting });
  } catch (error) {
    if (means.signal.aborted) return { outcome: 'cancelled', says: 'stopped before any change' };
    const lent = sqlState(error) === '53300' ? await throughLent(call, means) : undefined;
    if (lent) return lent;
    const { what, hint } = postgresFault(error, server);
    return { outcome: 'failed', says: `nothing was changed: ${what}`, hint };
  }
  try {
    return await through(connection, call, means);
  } finally {
    await connection.close();
  }
}

/** On a full server, sessions are ended over the existing connection: there is no other. */
async function throughLent(call: SqlCall, means: ExecutionContext): Promise<CallResult | undefined> {
  // Statements outside of a transaction take long and change session settings.
  const [session] = call.transaction ? openSessions(means.settings.database, call.server) : [];
  return session?.lend((connection) => through(connection, call, means));
}

async function through(connection: Connection, call: SqlCall, means: ExecutionContext): Promise<CallResult> {
  const stage: Stage = { committing: false };
  const stop = () => void interrupt(connection, stage);
  means.signal.addEventListener('abort', stop, { once: true });
  const limit = limitOf(call);
  const late = setTimeout(() => {
    stage.late = limit;
    stop();
  }, limit);
  const ended = new AbortController();
  let following: { over: Promise<void> } | undefined;
  try {
    following = await follow(call, connection, means, ended.signal);
    const done = call.transaction
      ? await inTransaction(connection.client, call, means, stage)
      : await alone(connection, call, stage, means);
    return done;
  } catch (error) {
    return afterError(error, call, stage, means);
  } finally {
    means.signal.removeEventListener('abort', stop);
    clearTimeout(late);
    clearTimeout(stage.giveUp);
    ended.abort();
    await following?.over;
  }
}

/** Starts to query the progress, if the server reports it; resolves with a function that stops it. */
async function follow(call: SqlCall, { client }: Connection, means: ExecutionContext, signal: AbortSignal) {
  const server = means.settings.database[call.server];
  const { progress } = means;
  if (!call.progress || !progress || !server) return undefined;
  const { rows } = await client.query<{ pid: number }>('SELECT pg_backend_pid() AS pid');
  const { followProgress } = await import('./progress.ts');
  return { over: followProgress(server, rows[0]?.pid ?? 0, progress, signal).catch(() => undefined) };
}

/** How far it got: once COMMIT was sent, only the server knows. What runs alone can be cancelled all the time. */
type Stage = { committing: boolean; alone?: boolean; late?: Ms; giveUp?: NodeJS.Timeout };

async function inTransaction(
  client: Client,
  call: SqlCall,
  means: ExecutionContext,
  stage: Stage,
): Promise<CallResult> {
  const within = Math.round(call.within ?? statementWithin);
  await client.query(
    `BEGIN; SET LOCAL statement_timeout = ${within}; SET LOCAL lock_timeout = ${lockWithin}; ` +
      `SET LOCAL idle_in_transaction_session_timeout = ${lockWithin * 2}; SET LOCAL TimeZone = 'UTC'; ` +
      `SET LOCAL application_name = '${acting}'`,
  );
  const back = async (says: string): Promise<CallResult> => {
    await client.query('ROLLBACK');
    return { outcome: 'moved', says: `${says}: rolled back, nothing was changed` };
  };
  if (call.lock) {
    const locked = await client.query<(string | null)[]>(rowsAsText(call.lock));
    const count = locked.rows.length;
    if (call.expectRows !== undefined && count !== call.expectRows)
      return back(`${formatCount(count)} rows match now, ${formatCount(call.expectRows)} matched in the plan`);
    if (call.keep)
      await means.keep(
        keptFrom(
          locked.fields.map((f) => f.name),
          locked.rows,
        ),
      );
    means.tell([`${formatCount(count)} rows locked${call.keep ? ', saved for undo' : ''}`]);
  }
  const changed = await client.query<Record<string, unknown>>(parametersOf(call.change));
  const rows = changed.rowCount ?? 0;
  if (call.expectRows !== undefined && rows !== call.expectRows)
    return back(`${formatCount(rows)} rows changed instead of ${formatCount(call.expectRows)}`);
  if (changed.rows.some((row) => Object.values(row).includes(false)))
    return back('the server answered false: not done');
  if (means.signal.aborted || stage.late !== undefined) {
    await client.query('ROLLBACK');
    return stopped(stage);
  }
  stage.committing = true;
  const { command } = await client.query('COMMIT');
  if (command !== 'COMMIT')
    return { outcome: 'failed', says: 'the server rolled the transaction back', hint: 'check the server log' };
  return { outcome: 'done', says: `${changed.command} ${formatCount(rows)}, committed` };
}

/**
 * VACUUM and the like: no transaction, so nothing can be rolled back, and no setting may be made: behind a pooler it would
 * stay with the server's connection and hit whoever gets it next. The time limit is kept from here.
 */
async function alone(
  { client }: Connection,
  call: SqlCall,
  stage: Stage,
  means: ExecutionContext,
): Promise<CallResult> {
  const warnings: { code: string | undefined; says: string }[] = [];
  // The word for its severity comes in the server's language; its code does not.
  const onNotice = ({ code, message }: { code?: string | undefined; message?: string | undefined }) => {
    if (code !== '00000') warnings.push({ code, says: sanitize(message, 300) });
  };
  client.on('notice', onNotice);
  stage.committing = true;
  stage.alone = true;
  try {
    const { command } = await client.query(parametersOf(call.change));
    means.tell(warnings.map(({ says }) => says));
    const locked = warnings.find(({ code }) => code === lockNotAvailable);
    if (!locked) return { outcome: 'done', says: `${command} done` };
    return {
      outcome: 'failed',
      says: `skipped: ${locked.says}`,
      hint: 'find the lock holder in the database sessions',
    };
  } finally {
    client.off('notice', onNotice);
  }
}

/** SQLSTATE of what SKIP_LOCKED warns of. */
const lockNotAvailable = '55P03';

/**
 * How long a call may take with a server that answers: in a transaction each statement ends by the server's own limit. One
 * that is frozen ends nothing.
 */
const limitOf = ({ transaction, within }: SqlCall): Ms =>
  transaction ? 4 * (within ?? statementWithin) : (within ?? 30 * minute);

/**
 * Stopped by a person, or late: cancels on the server; a transaction is never left open. What has not ended then is given
 * up, and its connection cut: the server rolls back what was not committed.
 */
async function interrupt(connection: Connection, stage: Stage): Promise<void> {
  const cut = () => connection.cut();
  stage.giveUp ??= setTimeout(cut, answerWithin);
  // A COMMIT that was sent is not taken back.
  if (stage.committing && !stage.alone) return;
  await connection.cancel().catch(cut);
}

/** By a person, or late, and not committed. */
function stopped({ late, alone: isAlone }: Stage): CallResult {
  if (late === undefined)
    return {
      outcome: 'cancelled',
      says: isAlone ? 'stopped; no row was changed' : 'stopped and rolled back, nothing was changed',
    };
  return {
    outcome: 'failed',
    says: `stopped after ${formatAge(late)}; no row was changed`,
    hint: 'it exceeds the time limit: run it by hand at a quiet hour',
  };
}

function afterError(error: unknown, call: SqlCall, stage: Stage, means: ExecutionContext): CallResult {
  const server = means.settings.database[call.server] ?? means.settings.database.primary;
  const asked = [call.lock, call.change].flatMap((statement) => statement?.text ?? []);
  // What is saved for the undo is saved here, not there.
  const { what, hint } =
    error instanceof Distrusted
      ? { what: error.message, hint: error.hint }
      : postgresFault(refusedStatement(error, ...asked), server);
  // An error that the server itself sent for the statement means that it was undone, unless it ended the connection.
  const told = sqlState(error);
  const ended = told !== undefined && /^(57P0|08|25P03)/.test(told);
  if (stage.committing && (told === undefined || ended)) {
    const says = call.transaction
      ? `the connection was lost after COMMIT was sent: ${what}`
      : `the connection was lost: ${what}`;
    return { outcome: 'unknown', says, hint: 'check the rows before you retry' };
  }
  if (means.signal.aborted || stage.late !== undefined) return stopped(stage);
  return { outcome: 'failed', says: `rolled back, nothing was changed: ${what}`, hint };
}

function parametersOf({ text, parameters }: Statement): { text: string; values: unknown[] } {
  return { text, values: parameters.map((value: SqlValue) => (Array.isArray(value) ? [...value] : value)) };
}

/** Rows as arrays of the raw values, unparsed: an undo needs the exact values. */
function rowsAsText(statement: Statement) {
  return {
    ...parametersOf(statement),
    rowMode: 'array' as const,
    types: { getTypeParser: () => (text: unknown) => text },
  };
}

function keptFrom(columns: readonly string[], rows: readonly (string | null)[][]): KeptRows {
  return { columns, rows };
}
