// The command of a session: the same argument list is shown, recorded and run. Secrets go by the child's environment.
import { assigned, chosenKubeconfig, context, psqlTo, redisCli, tlsOfPsql, words } from '../actions/shell-command.ts';
import type { Targets } from '../world/targets.ts';
import type { ShellRequest } from './session.ts';

export type Argv = readonly [string, ...string[]];

/** bash where there is one. */
const bestShell = 'command -v bash >/dev/null && exec bash || exec sh';

/** What PostgreSQL is told of a session without `writes`. */
export const readOnlyOptions = '-c default_transaction_read_only=on';

const kubectl = (targets: Targets): Argv => [targets.kubectl, ...context(targets), '-n', targets.namespace];

/** The argument list of kubectl for a session in a pod; a name stands behind `pod/` or `=`, where it is no option. */
export function podArgv(request: Extract<ShellRequest, { pod: string }>, targets: Targets): Argv {
  const pod = `pod/${request.pod}`;
  if (request.tool === 'exec')
    return [...kubectl(targets), 'exec', '-it', pod, ...containerOf(request), '--', 'sh', '-c', bestShell];
  const { image, container } = request;
  const options = [`--image=${image}`, ...(container ? [`--target=${container}`] : []), '--profile=general'];
  return [...kubectl(targets), 'debug', '-it', pod, ...options];
}

/** Whether a container has a shell: ends with 0 where it has one. */
export function probeArgv(of: { pod: string; container: string }, targets: Targets): Argv {
  return [...kubectl(targets), 'exec', `pod/${of.pod}`, ...containerOf(of), '--', 'sh', '-c', 'exit 0'];
}

/** Without a name kubectl takes the pod's default container. */
const containerOf = ({ container }: { container: string }): readonly string[] =>
  container ? [`--container=${container}`] : [];

/** The same as a port-forward of the cockpit; `local` 0: any free port. */
export function forwardArgv(to: { pod: string; port: number; local: number }, targets: Targets): Argv {
  return [...kubectl(targets), 'port-forward', `pod/${to.pod}`, `${to.local || ''}:${to.port}`];
}

/** psql as the configured role. */
export function psqlArgv({ server }: { server: 'primary' | 'replica' }, targets: Targets): Argv {
  const [program = 'psql', ...rest] = psqlTo(serverOf(server, targets));
  return [program, ...rest];
}

/** redis-cli with the configured server. `more`: its user, its database, its authority. */
export function redisArgv(targets: Pick<Targets, 'redis'>, more: readonly string[] = []): Argv {
  const [program = 'redis-cli', ...rest] = redisCli(targets);
  return [program, ...rest, ...more];
}

const serverOf = (server: 'primary' | 'replica', { primary, replica }: Targets) =>
  server === 'replica' ? (replica ?? primary) : primary;

/** The command to show before it is run, and to paste. */
export function sessionCommand(request: ShellRequest, targets: Targets): string {
  switch (request.tool) {
    case 'exec':
    case 'debug':
      return chosenKubeconfig(targets) + words(podArgv(request, targets));
    case 'psql': {
      const guard = request.writes ? '' : assigned({ PGOPTIONS: readOnlyOptions });
      return `${guard}${tlsOfPsql(serverOf(request.server, targets))}${words(psqlArgv(request, targets))}`;
    }
    case 'redis-cli':
      return words(redisArgv(targets));
  }
}

/** What a session works on: `pod api-gateway-x, container app`. */
export function sessionTarget(request: ShellRequest, targets: Targets): string {
  switch (request.tool) {
    case 'exec':
    case 'debug':
      return `pod ${request.pod}${request.container ? `, container ${request.container}` : ''}`;
    case 'psql': {
      const { user, host, port, database } = serverOf(request.server, targets);
      return `${user}@${host}:${port}/${database}${request.writes ? '' : ', read-only'}`;
    }
    case 'redis-cli':
      return `${targets.redis.host}:${targets.redis.port}${request.writes ? '' : ', read-only'}`;
  }
}

/** What a session's guard keeps from, and what it does not; undefined where it has none. */
export function guardSays(request: ShellRequest): string | undefined {
  if (request.tool === 'psql' && !request.writes)
    return request.server === 'replica'
      ? 'A replica takes no writes.'
      : 'Transactions start read-only. That prevents mistakes, not intent: SET can turn it off. A read-only role or the replica is safer.';
  if (request.tool === 'redis-cli' && !request.writes)
    return 'Only commands that Redis flags as reading pass; the cockpit refuses all others. KEYS and MONITOR load the server: use SCAN.';
  if (request.tool === 'debug') return 'The debug container stays in the pod until the pod is replaced.';
  return undefined;
}
