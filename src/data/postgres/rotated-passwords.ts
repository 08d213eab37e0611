// Passwords that were changed while this program ran: its own connections go on with them. In memory only; the next
// start has what the configuration says.
import type { DatabaseServer } from '../../config/settings.ts';

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
