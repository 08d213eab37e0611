// What a session needs before it gets the terminal: its program, its environment, its guard.

import path from 'node:path';
import { execa } from 'execa';
import type { Settings } from '../../config/settings.ts';
import { assigned, chosenKubeconfig, words } from '../../core/actions/shell-command.ts';
import { present } from '../../core/present.ts';
import { type Argv, podArgv, probeArgv, psqlArgv, readOnlyOptions, redisArgv } from '../../core/shell/command.ts';
import { isImageName, isObjectName, type ShellRequest } from '../../core/shell/session.ts';
import { sanitize } from '../../core/text/text.ts';
import { type Ms, second } from '../../core/time.ts';
import type { Targets } from '../../core/world/targets.ts';
import { passwordInFile, passwordsOf } from '../postgres/rotated-passwords.ts';
import { childEnvironment } from '../tools/environment.ts';
import { endsWithProgram } from '../tools/left-behind.ts';
import { findProgram, notRunnable } from '../tools/path.ts';

/** A program that may get the terminal. `command`: what is run, to read and to record; it holds no secret. */
export type Prepared = {
  argv: Argv;
  env: Record<string, string>;
  command: string;
  /** A directory of its own, which `close` removes. */
  leftover?: string;
  close(): Promise<void>;
};

export type Preparation = { ok: true; value: Prepared } | { ok: false; code: 'no-shell' | 'refused'; why: string };

const refused = (why: string): Preparation => ({ ok: false, code: 'refused', why });
const nothing = async () => {};

/** How long a container may take to say whether it has a shell; credential plugins included. */
const probeWithin: Ms = 20 * second;
/** Characters that it may write. */
const mostSaid = 1_000_000;
const redisWithin: Ms = 5 * second;

/** What terminal programs read beside the common variables. */
const forTerminals = ['COLORTERM', 'TERMINFO', 'TERMINFO_DIRS', 'LINES', 'COLUMNS', 'EDITOR', 'VISUAL'];
/** What psql and redis-cli read of a person's own; nothing that chooses a server. */
const forPsql = [...forTerminals, 'PAGER', 'PSQL_PAGER', 'PSQL_EDITOR', 'PSQL_HISTORY', 'PSQLRC', 'LESS', 'LESS*'];
const forRedis = [...forTerminals, 'REDISCLI_HISTFILE', 'REDISCLI_RCFILE'];

export type ShellContext = {
  settings: Settings;
  targets: Targets;
  /** Environment variables of kubectl beside the common ones. */
  inherits: readonly string[];
  signal: AbortSignal;
};

/** Checks a request and makes its program. Nothing of the platform is changed. */
export async function prepareSession(
  request: ShellRequest,
  { settings, targets, inherits, signal }: ShellContext,
): Promise<Preparation> {
  switch (request.tool) {
    case 'exec':
    case 'debug':
      return inPod(request, targets, inherits, signal);
    case 'psql':
      return psql(settings, request, targets);
    case 'redis-cli':
      return redisCli(settings, request, targets, signal);
  }
}

async function inPod(
  request: Extract<ShellRequest, { pod: string }>,
  targets: Targets,
  inherits: readonly string[],
  signal: AbortSignal,
): Promise<Preparation> {
  if (!isObjectName(request.pod) || !(request.container === '' || isObjectName(request.container)))
    return refused('the name of the pod or of its container is not a Kubernetes name');
  if (request.tool === 'debug' && !isImageName(request.image)) return refused('that is not the name of an image');
  const missing = await whyMissing(targets.kubectl, 'install kubectl, or set admin.kubectl');
  if (missing !== undefined) return refused(missing);
  const env = { ...childEnvironment(process.env, [...forTerminals, ...inherits]), ...kubeconfigOf(targets) };
  if (request.tool === 'exec') {
    const found = await probe(probeArgv(request, targets), env, signal);
    if (found !== 'shell') return found;
  }
  const argv = podArgv(request, targets);
  return { ok: true, value: { argv, env, command: chosenKubeconfig(targets) + words(argv), close: nothing } };
}

const kubeconfigOf = ({ kubeconfig }: Targets): Record<string, string> => present({ KUBECONFIG: kubeconfig });

/** What kubectl and the runtimes say where there is no `sh` (runc, containerd, crun). */
const noShell = /executable file[^\n]{0,80}not found|no such file or directory|exit code 12[67]/i;

async function probe(
  [program, ...argv]: Argv,
  env: Record<string, string>,
  signal: AbortSignal,
): Promise<'shell' | Preparation> {
  // A group of its own: credential plugins that hang end with it.
  const running = execa(program, argv, {
    env,
    extendEnv: false,
    stdin: 'ignore',
    reject: false,
    timeout: probeWithin,
    cancelSignal: signal,
    maxBuffer: mostSaid,
    detached: true,
  });
  endsWithProgram(running);
  const { failed, exitCode, timedOut, isMaxBuffer, stdout, stderr } = await running;
  if (!failed) return 'shell';
  if (timedOut) return refused(`${program} did not answer within ${probeWithin / second} s`);
  if (isMaxBuffer) return refused(`${program} wrote more than ${mostSaid / 1e6} MB`);
  if (noShell.test(stderr) || exitCode === 126 || exitCode === 127)
    return { ok: false, code: 'no-shell', why: 'the container has no shell' };
  const said = sanitize((stderr.trim() || stdout.trim()).split('\n').at(-1) ?? '', 300);
  return refused(said || 'exec failed');
}

async function psql(
  { database }: Settings,
  request: Extract<ShellRequest, { tool: 'psql' }>,
  targets: Targets,
): Promise<Preparation> {
  const server = request.server === 'replica' ? database.replica : database.primary;
  if (!server) return refused('no replica is configured');
  const missing = await whyMissing('psql', 'install postgresql-client');
  if (missing !== undefined) return refused(missing);
  const { sslMode, sslRootCert, sslCert, sslKey } = server;
  const password = (await passwordInFile(server)) ?? passwordsOf(server)[0];
  const shown = present({ PGOPTIONS: request.writes ? undefined : readOnlyOptions });
  const env = {
    ...childEnvironment(process.env, forPsql),
    ...shown,
    PGSSLMODE: sslMode,
    PGAPPNAME: 'bentham-cockpit psql',
    PGCONNECT_TIMEOUT: '10',
    ...present({
      PGPASSWORD: password || undefined,
      PGSSLROOTCERT: sslRootCert,
      PGSSLCERT: sslCert,
      PGSSLKEY: sslKey,
    }),
  };
  const argv = psqlArgv(request, targets);
  return { ok: true, value: { argv, env, command: assigned(shown) + words(argv), close: nothing } };
}

async function redisCli(
  { redis }: Settings,
  { writes }: Extract<ShellRequest, { tool: 'redis-cli' }>,
  targets: Targets,
  signal: AbortSignal,
): Promise<Preparation> {
  const missing = await whyMissing('redis-cli', 'install redis-tools');
  if (missing !== undefined) return refused(missing);
  const env = childEnvironment(process.env, forRedis);
  if (writes) {
    const { username, password, caFile, url } = redis;
    const db = Number(new URL(url).pathname.slice(1));
    const argv = redisArgv(targets, [
      ...(targets.redis.tls && caFile ? ['--cacert', caFile] : []),
      ...(username ? ['--user', username] : []),
      ...(Number.isInteger(db) && db > 0 ? ['-n', String(db)] : []),
    ]);
    const secret = present({ REDISCLI_AUTH: password || undefined });
    return { ok: true, value: { argv, env: { ...env, ...secret }, command: words(argv), close: nothing } };
  }
  try {
    const { openReadOnlyProxy } = await import('../redis/read-only-proxy.ts');
    const { socket, close } = await openReadOnlyProxy(redis, redisWithin, signal);
    const argv: Argv = ['redis-cli', '-s', socket];
    return { ok: true, value: { argv, env, command: words(argv), leftover: path.dirname(socket), close } };
  } catch (error) {
    const { redisFault } = await import('../redis/faults.ts');
    const fault = redisFault(error, redis);
    return refused(`${fault.what}; ${fault.hint}`);
  }
}

/** `kubectl: not found; install kubectl`: why a program cannot be run; undefined: it can. */
async function whyMissing(program: string, remedy: string): Promise<string | undefined> {
  const found = await findProgram(program, process.cwd());
  return found.ok ? undefined : `${sanitize(program, 120)}: ${notRunnable[found.code]}; ${remedy}`;
}
