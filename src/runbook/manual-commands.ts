// The runbook's commands with the current targets. With the defaults of production they are
// exactly those of the runbook.
import { chosenKubeconfig, tlsOfPsql } from '../core/actions/shell-command.ts';
import { quote, word } from '../core/text/shell.ts';
import type { ServerTarget, Targets } from '../core/world/targets.ts';

/** `kubectl get pods -n bentham-prod`; `rest` comes after the namespace. */
export function kubectl(t: Targets, verb: string, rest: readonly string[] = [], namespace = t.namespace): string {
  return `${chosenKubeconfig(t)}${[
    'kubectl',
    verb,
    '-n',
    quote(namespace),
    ...rest.map(word),
    ...(t.context ? ['--context', quote(t.context)] : []),
  ].join(' ')}`;
}

/** A statement for psql, in double quotes as the runbook has it. */
export function psql(server: ServerTarget, statement: string): string {
  const words = ['psql', '-h', word(server.host)];
  if (server.port !== 5432) words.push('-p', String(server.port));
  words.push('-U', quote(server.user));
  if (server.database !== server.user) words.push('-d', quote(server.database));
  // An interactive shell expands ! in double quotes to an earlier command.
  const quoted = statement.includes('!') ? quote(statement) : `"${statement.replace(/[\\"$`]/g, '\\$&')}"`;
  return `${tlsOfPsql(server)}${words.join(' ')} -c ${quoted}`;
}

export function redisCli(t: Targets, command: string): string {
  const words = ['redis-cli', '-h', quote(t.redis.host)];
  if (t.redis.port !== 6379) words.push('-p', String(t.redis.port));
  if (t.redis.tls) words.push('--tls');
  return `${words.join(' ')} ${command}`;
}

/** `service` chooses the endpoint, where one is configured. */
export function aws(t: Targets, service: 's3' | 'rds' | 'secrets', command: string): string {
  const endpoint = t.aws[service];
  const options = [
    ...(t.aws.profile ? ['--profile', quote(t.aws.profile)] : []),
    ...(t.aws.region ? ['--region', quote(t.aws.region)] : []),
    ...(endpoint ? ['--endpoint-url', quote(endpoint)] : []),
  ];
  return ['aws', ...options, command].join(' ');
}

export const deployment = (name: string): string => quote(`deployment/${name}`);

/** A literal of SQL. */
export function literal(text: string): string {
  return `'${text.replaceAll("'", "''")}'`;
}

/** Evidence before this day may go: `2025-12-01`. */
export function retentionDate(now: number, days: number): string {
  return new Date(now - days * 86_400_000).toISOString().slice(0, 10);
}
