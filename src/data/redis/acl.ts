// What Redis lets us run, asked of itself (ACL DRYRUN, since Redis 7): nothing is tried out.
import type { Permission } from '../../core/actions/preflight.ts';
import { sanitize } from '../../core/text/text.ts';
import type { RedisConnection } from './connect.ts';

/** Whether this user may run a command with these arguments. */
export async function redisMay(
  client: RedisConnection['client'],
  ...command: readonly [string, ...string[]]
): Promise<Permission> {
  try {
    const who = String(await client.call('ACL', 'WHOAMI'));
    const answer = String(await client.call('ACL', 'DRYRUN', who, ...command));
    if (answer === 'OK') return { may: true };
    const keys = /keys?\b/.test(answer) && !/command/.test(answer);
    const grant = keys ? '~PATTERN' : `+${command[0].toLowerCase()}`;
    return { may: false, why: sanitize(answer, 120), hint: `ACL SETUSER ${sanitize(who, 60)} ${grant}` };
  } catch (error) {
    const why = sanitize(error instanceof Error ? error.message : error, 120);
    // Before Redis 6, and in what only speaks its protocol, everybody may do everything.
    if (/unknown command/i.test(why)) return { may: true };
    return { may: 'untold', why };
  }
}
