// A new password for the database's role: made here, set in the database as a SCRAM verifier (so that it is in no log of
// the server), then written into the secret. It is never in a call, an argument list, the journal or the screen.
import { createHash, createHmac, pbkdf2Sync, randomBytes } from 'node:crypto';
import type { Call } from '../../core/actions/call.ts';
import { identifier, literal } from '../../core/text/sql.ts';
import { sanitize } from '../../core/text/text.ts';
import { second } from '../../core/time.ts';
import { answerWithin, type CallResult, type ExecutionContext, failedCall } from '../call-result.ts';
import { executeSql } from '../postgres/execute.ts';
import { renew } from '../postgres/rotated-passwords.ts';
import { afterwards, unlessAborted } from '../time-limit.ts';
import { secretsClient } from './clients.ts';
import { awsFault } from './faults.ts';

const within = 15 * second;

export async function executeSecrets(
  call: Extract<Call, { tool: 'secrets' }>,
  means: ExecutionContext,
): Promise<CallResult> {
  const { settings, signal } = means;
  const { secretId, username } = call.do;
  const aws = await import('./sdk/secrets-manager.ts');
  const client = await secretsClient(settings, within);
  try {
    const asked = client.send(new aws.GetSecretValueCommand({ SecretId: secretId }));
    const current = await unlessAborted(asked, signal).catch((error: unknown) => error);
    if (signal.aborted) return { outcome: 'cancelled', says: 'stopped before any change' };
    if (current instanceof Error) {
      const { what, hint } = awsFault(current, `secret ${secretId}`, `read ${secretId}`);
      return { outcome: 'failed', says: `nothing was changed: ${what}`, hint };
    }
    const before = secretOf(current);
    const why = before ? whyNot(before, username) : 'is not a JSON object';
    if (!before || why !== undefined) {
      const hint = `what reads ${secretId} would lose its login: rotate it by hand`;
      return { outcome: 'failed', says: `nothing was changed: secret ${secretId} ${why}`, hint };
    }
    const password = randomBytes(24).toString('base64url');
    const set = await setPassword(means, username, password);
    const { primary, replica } = settings.database;
    // Where it is not known whether it arrived, the one before is tried after it.
    if (set.outcome === 'done' || set.outcome === 'unknown')
      for (const own of [primary, replica]) if (own?.user === username) renew(own, password);
    if (set.outcome !== 'done') return set;
    means.tell([`role ${username} has a new password`]);
    const SecretString = JSON.stringify({ ...before, username, password });
    const update = client.send(new aws.UpdateSecretCommand({ SecretId: secretId, SecretString }));
    // Half of it is done: a stop ends only the wait for the other half.
    await unlessAborted(update, afterwards(signal, answerWithin));
    return { outcome: 'done', says: `${secretId} contains the new password` };
  } catch (error) {
    const performed = failedCall(awsFault(error, `secret ${secretId}`, `update ${secretId}`));
    const hint = 'the database has the new password, the secret may still have the old one: rotate again now';
    return performed.outcome === 'unknown' || performed.outcome === 'failed' ? { ...performed, hint } : performed;
  } finally {
    client.destroy();
  }
}

/** What the secret holds: all but the password stays. Undefined where it is no JSON object, so that nothing can stay. */
function secretOf(answer: unknown): object | undefined {
  const { SecretString: text, SecretBinary: bytes } = answer as { SecretString?: string; SecretBinary?: unknown };
  if (text === undefined) return bytes === undefined ? {} : undefined;
  try {
    const value: unknown = JSON.parse(text);
    return typeof value === 'object' && value !== null && !Array.isArray(value) ? value : undefined;
  } catch {
    return undefined;
  }
}

/** Why the secret cannot be written as this role's alone; undefined where it can, or holds nothing yet. */
function whyNot(secret: object, role: string): string | undefined {
  const { username, password, ...others } = secret as Readonly<Record<string, unknown>>;
  if (Object.keys(secret).length === 0) return undefined;
  if (typeof password !== 'string') return 'has no field "password"';
  if (![undefined, '', role].includes(username as string)) return `is the login of ${sanitize(String(username), 100)}`;
  const copy = Object.entries(others).find(([name, held]) => hasPassword(name, JSON.stringify(held), password));
  return copy && `has the password a second time, in "${sanitize(copy[0], 100)}"`;
}

/** A URL, a connection string, or a field by another name. A short password may be in any text by chance. */
function hasPassword(name: string, text: string, password: string): boolean {
  const isPlace = /pass|pwd/i.test(`${name} ${text}`) || text.includes('://');
  const spellings = [JSON.stringify(password).slice(1, -1), encodeURIComponent(password)];
  return isPlace && password !== '' && spellings.some((spelled) => text.includes(spelled));
}

function setPassword(means: ExecutionContext, role: string, password: string): Promise<CallResult> {
  const text = `ALTER ROLE ${identifier(role)} PASSWORD ${literal(scramVerifier(password))}`;
  const change = { text, parameters: [] };
  return executeSql({ tool: 'sql', server: 'primary', change, transaction: true, within }, means);
}

/** What PostgreSQL keeps of a password (RFC 5803). */
export function scramVerifier(password: string, salt = randomBytes(16), iterations = 4096): string {
  const salted = pbkdf2Sync(password.normalize('NFKC'), salt, iterations, 32, 'sha256');
  const hmac = (text: string) => createHmac('sha256', salted).update(text).digest();
  const stored = createHash('sha256').update(hmac('Client Key')).digest('base64');
  return `SCRAM-SHA-256$${iterations}:${salt.toString('base64')}$${stored}:${hmac('Server Key').toString('base64')}`;
}
