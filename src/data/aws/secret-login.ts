// Whether the database takes the password that the secret holds. The password is read, tried and forgotten here.
import type { Settings } from '../../config/settings.ts';
import { second } from '../../core/time.ts';
import { connect } from '../postgres/connect.ts';
import { postgresFault } from '../postgres/faults.ts';
import type { Result } from '../source.ts';
import { secretsClient } from './clients.ts';
import { awsFault } from './faults.ts';

const within = 8 * second;

/** `opens: false` when the server refused it; a fault when either of them could not be asked. */
export async function secretOpens(
  settings: Settings,
  id: string,
  role: string,
  signal: AbortSignal,
): Promise<Result<{ opens: boolean; why: string }>> {
  const aws = await import('./sdk/secrets-manager.ts');
  const client = await secretsClient(settings, within, signal);
  let password: string | undefined;
  try {
    const { SecretString = '' } = await client.send(new aws.GetSecretValueCommand({ SecretId: id }));
    password = passwordOf(SecretString);
  } catch (error) {
    return { ok: false, fault: awsFault(error, `secret ${id}`, `read ${id}`) };
  } finally {
    client.destroy();
  }
  if (password === undefined) return { ok: true, value: { opens: false, why: `${id} contains no password` } };
  const server = { ...settings.database.primary, user: role, password };
  try {
    const limit = AbortSignal.any([signal, AbortSignal.timeout(within)]);
    const connection = await connect(server, { signal: limit, exactly: true });
    await connection.close();
    return { ok: true, value: { opens: true, why: '' } };
  } catch (error) {
    const fault = postgresFault(error, server);
    return fault.kind === 'forbidden' ? { ok: true, value: { opens: false, why: fault.what } } : { ok: false, fault };
  }
}

function passwordOf(text: string): string | undefined {
  try {
    const value: unknown = JSON.parse(text);
    const held = typeof value === 'object' && value !== null && 'password' in value ? value.password : undefined;
    return typeof held === 'string' ? held : undefined;
  } catch {
    return undefined;
  }
}
