// Passwords that were changed while this program ran: its own connections go on with them. In memory only; the next
// start has what the configuration says.
import { stat } from 'node:fs/promises';
import type { DatabaseServer } from '../../config/settings.ts';
import { passwordFor } from '../../core/text/password-file.ts';
import { readBounded } from '../../disk/bounded-file.ts';

type Login = Pick<DatabaseServer, 'host' | 'port' | 'user' | 'password'>;

const renewed = new Map<string, string>();

const keyOf = ({ host, port, user, password = '' }: Login) => JSON.stringify([host, port, user, password]);

/** From now on connections with this login try the new password first. */
export function renew(login: Login, password: string): void {
  renewed.set(keyOf(login), password);
}

/** What to try, one after the other: it may not be known whether the change arrived, and it may be changed again. */
export function passwordsOf(login: Login): readonly [string, ...string[]] {
  const { password = '' } = login;
  const fresh = renewed.get(keyOf(login));
  return fresh === undefined || fresh === password ? [password] : [fresh, password];
}

/** What the password file says now; undefined when the password came from elsewhere, or others can read the file. */
export async function passwordInFile(server: DatabaseServer): Promise<string | undefined> {
  const { passwordFile, host, port, database, user } = server;
  if (passwordFile === undefined) return undefined;
  try {
    const { mode } = await stat(passwordFile);
    if (mode & 0o077) return undefined;
    const text = (await readBounded(passwordFile)).toString('utf8');
    return passwordFor(text, { host, port: String(port), database, user })?.password;
  } catch {
    return undefined;
  }
}
