// A call as a shell command: the runbook's command with the configured targets, to read, to copy and to journal.

import { present } from '../present.ts';
import { quote } from '../text/shell.ts';
import { inlined, quoted, summarised } from '../text/sql.ts';
import type { Targets } from '../world/targets.ts';
import type {
  Call,
  Channel,
  ChannelCall,
  KubernetesChange,
  PagerCall,
  PreserveCall,
  S3Change,
  SqlCall,
} from './call.ts';

/** The command a person would type for exactly this call. One line, except for line ends in its arguments. */
export function toShellCommand(call: Call, targets: Targets): string {
  switch (call.tool) {
    case 'kubernetes':
      return `${chosenKubeconfig(targets)}${words(['kubectl', ...kubectl(call.do), '-n', call.namespace, ...context(targets)])}`;
    case 'rollout':
      return call.deployments
        .map((name) => [
          'kubectl',
          'rollout',
          'status',
          `deployment/${name}`,
          `--timeout=${Math.round(call.within / 1000)}s`,
        ])
        .map((argv) => chosenKubeconfig(targets) + words([...argv, '-n', call.namespace, ...context(targets)]))
        .join(' && ');
    case 'sql':
      return (
        tlsOfPsql(server(call, targets)) +
        words([...psql(call, targets), ...statements(call).flatMap((text) => ['-c', text])])
      );
    case 'command':
      return `${call.directory ? `cd ${quote(call.directory)} && ` : ''}${assigned(call.environment)}${words(call.argv)}`;
    case 'http':
      return words(['curl', '-fsS', call.url]);
    case 'api':
      // The key goes by standard input: an argument list can be read by everybody.
      return `printf 'Authorization: Bearer %s' "$ADMIN_API_KEY" | ${words(['curl', '-fsS', '-X', call.method, '-H', '@-', call.url])}`;
    case 'pagerduty':
      return pagerDuty(call);
    case 's3':
      return s3(call.bucket, call.do, targets);
    case 'preserve':
      return preserving(call, targets);
    case 'redis':
      return words([...redisCli(targets), ...call.command]);
    case 'rds':
      return words([
        ...aws(targets, 'rds'),
        'restore-db-cluster-to-point-in-time',
        ...['--source-db-cluster-identifier', call.do.source],
        ...['--db-cluster-identifier', call.do.target],
        ...(call.do.at ? ['--restore-to-time', call.do.at] : ['--use-latest-restorable-time']),
      ]);
    case 'secrets': {
      // Both ask for it, psql without echo and aws on standard input: an argument list can be read by everybody.
      const update = ['update-secret', '--secret-id', call.do.secretId, '--secret-string', 'file:///dev/stdin'];
      return `${tlsOfPsql(targets.primary)}${words([...psqlTo(targets.primary), '-c', `\\password ${quoted(call.do.username)}`])} && ${words([...aws(targets, 'secretsmanager'), ...update])}`;
    }
    case 'channel':
      return channel(call);
  }
}

/** The same to read: long lists are counted, and a statement stands without psql around it. */
export function summarize(call: Call, targets: Targets): string {
  if (call.tool === 'sql') return summarised(call.change);
  if (call.tool === 'preserve')
    return `tar -czf ${quote(call.archive.replace(/^.*\//, ''))} logs kubernetes database journal …`;
  if (call.tool === 'redis' && call.command.length > 5)
    return `${words([...redisCli(targets), ...call.command.slice(0, 3)])} … ${call.command.length - 1} keys`;
  if (call.tool === 's3' && call.do.verb === 'delete' && call.do.keys.length > 1)
    return `${words([...aws(targets, 's3api'), 'delete-objects', '--bucket', call.bucket])} … ${call.do.keys.length} objects`;
  if (call.tool === 's3' && call.do.verb === 'restore-versions' && call.do.versions.length > 1)
    return `${words([...aws(targets, 's3api'), 'copy-object', '--bucket', call.bucket])} … ${call.do.versions.length} objects`;
  return toShellCommand(call, targets);
}

/** Where it runs: `bentham@db-primary:5432/bentham`. */
export function targetOf(call: Call, targets: Targets): string {
  switch (call.tool) {
    case 'kubernetes':
    case 'rollout':
      return `namespace ${call.namespace}${targets.context ? `, context ${targets.context}` : ''}`;
    case 'sql': {
      const { user, host, port, database } = server(call, targets);
      return `${user}@${host}:${port}/${database}`;
    }
    case 'command':
      return call.directory ?? 'this machine';
    case 'http':
    case 'api':
    case 'pagerduty':
      return call.url;
    case 's3':
      return `bucket ${call.bucket}`;
    case 'preserve':
      return 'this machine';
    case 'redis':
      return `${targets.redis.host}:${targets.redis.port}`;
    case 'rds':
      return `RDS cluster ${call.do.source}`;
    case 'secrets':
      return `secret ${call.do.secretId}`;
    case 'channel':
      return call.channel === 'pagerduty' ? call.url : `${call.channel}${webhookHost(call.channel, targets)}`;
  }
}

/** As a shell reads it. */
export function words(all: readonly string[]): string {
  return all.map(quote).join(' ');
}

/** `KUBECONFIG=/etc/kube/config `: before the command, unless the environment has the same. */
export function chosenKubeconfig({ kubeconfig }: Targets): string {
  return kubeconfig ? assigned({ KUBECONFIG: kubeconfig }) : '';
}

/** `NAME=value ` of each variable. */
export function assigned(environment: Readonly<Record<string, string>> = {}): string {
  return Object.entries(environment)
    .map(([name, value]) => `${name}=${quote(value)} `)
    .join('');
}

/** `--context`, where one is configured. */
export function context({ context: name }: Targets): readonly string[] {
  return name ? ['--context', name] : [];
}

function kubectl(change: KubernetesChange): readonly string[] {
  const object = `deployment/${change.deployment}`;
  switch (change.verb) {
    case 'restart':
      return ['rollout', 'restart', object];
    case 'rollback':
      return ['rollout', 'undo', object, `--to-revision=${change.toRevision}`];
    case 'scale':
      return ['scale', object, `--replicas=${change.replicas}`];
  }
}

function server(call: SqlCall, { primary, replica }: Targets): Targets['primary'] {
  return call.server === 'replica' ? (replica ?? primary) : primary;
}

function psql(call: SqlCall, targets: Targets): readonly string[] {
  return [...psqlTo(server(call, targets)), ...(call.transaction ? ['-1', '-v', 'ON_ERROR_STOP=1'] : [])];
}

/** The mode that the configuration requires, in front of psql, which by default also connects without TLS. */
export function tlsOfPsql({ sslMode, sslRootCert }: Targets['primary']): string {
  return assigned(present({ PGSSLMODE: sslMode, PGSSLROOTCERT: sslRootCert }));
}

/** The runbook's commands into a directory, and the directory into one file: by hand without redaction and progress. */
function preserving({ archive, since }: PreserveCall, targets: Targets): string {
  const directory = archive.replace(/\.tar\.gz$/, '');
  const kubectl = (...argv: readonly string[]) =>
    chosenKubeconfig(targets) + words(['kubectl', ...argv, '-n', targets.namespace, ...context(targets)]);
  const into = (command: string, file: string) => `${command} > ${quote(`${directory}/${file}`)}`;
  const from = since === undefined ? ['--tail=-1'] : [`--since-time=${new Date(since).toISOString()}`];
  const sessions = words([...psqlTo(targets.primary), '-c', 'SELECT * FROM pg_stat_activity']);
  const pods = kubectl('get', 'pods', '-o', 'name');
  const log = kubectl('logs', '--all-containers', '--timestamps', '--prefix', ...from);
  return [
    words(['mkdir', '-m', '700', directory]),
    into(`${pods} | xargs -n 1 ${targets.kubeconfig ? 'env ' : ''}${log}`, 'logs.txt'),
    into(kubectl('get', 'events,pods,deployments,replicasets,services,jobs', '-o', 'json'), 'objects.json'),
    into(`${tlsOfPsql(targets.primary)}${sessions}`, 'sessions.txt'),
    words(['tar', '-czf', archive, '-C', directory, '.']),
  ].join(' && ');
}

/** psql and its server. */
export function psqlTo({ host, port, user, database }: Targets['primary']): readonly string[] {
  return ['psql', '-h', host, ...(port === 5432 ? [] : ['-p', String(port)]), '-U', user, '-d', database];
}

function statements({ lock, change }: SqlCall): readonly string[] {
  return [...(lock ? [inlined(lock)] : []), inlined(change)];
}

/** redis-cli and its server. */
export function redisCli({ redis }: Pick<Targets, 'redis'>): readonly string[] {
  return [
    'redis-cli',
    '-h',
    redis.host,
    ...(redis.port === 6379 ? [] : ['-p', String(redis.port)]),
    ...(redis.tls ? ['--tls'] : []),
  ];
}

function aws(
  { aws: { profile, region, s3: endpoint, rds, secrets } }: Targets,
  service: 's3api' | 'rds' | 'secretsmanager',
) {
  const url = { s3api: endpoint, rds, secretsmanager: secrets }[service];
  return [
    'aws',
    ...(profile ? ['--profile', profile] : []),
    ...(region ? ['--region', region] : []),
    ...(url ? ['--endpoint-url', url] : []),
    service,
  ];
}

function s3(bucket: string, change: S3Change, targets: Targets): string {
  const tool = aws(targets, 's3api');
  if (change.verb === 'delete') {
    const objects = JSON.stringify({ Objects: change.keys.map((Key) => ({ Key })) });
    return words([...tool, 'delete-objects', '--bucket', bucket, '--delete', objects]);
  }
  if (change.verb === 'upload') {
    const { file, key, lock } = change;
    const until = lock && ['--object-lock-retain-until-date', new Date(lock.until).toISOString()];
    const locked = lock && until ? ['--object-lock-mode', lock.mode, ...until] : [];
    return words([...tool, 'put-object', '--bucket', bucket, '--body', file, ...locked, ...s3Key(key)]);
  }
  const versions = change.verb === 'restore-version' ? [change] : change.versions;
  const copies = versions.map(({ key, versionId }) => {
    // As it is: aws encodes it itself.
    const source = `${bucket}/${key}?versionId=${versionId}`;
    return words([...tool, 'copy-object', '--bucket', bucket, '--copy-source', source, ...s3Key(key)]);
  });
  return copies.join(' && ');
}

/** A version of an object, as the request of CopyObject names it. */
export const copySource = (bucket: string, key: string, versionId: string): string =>
  `${bucket}/${key.split('/').map(encodeURIComponent).join('/')}?versionId=${encodeURIComponent(versionId)}`;

/**
 * An object's key as an argument of aws: one that begins with a dash would be taken for an option, and in place of one
 * that begins with `file://` aws would read that file.
 */
export const s3Key = (key: string): readonly string[] =>
  /^(-|(fileb?|https?):\/\/)/.test(key) ? ['--cli-input-json', JSON.stringify({ Key: key })] : ['--key', key];

/** ` at hooks.slack.com`: of a webhook only the host is no secret. */
function webhookHost(to: Exclude<Channel, 'pagerduty'>, { channels }: Targets): string {
  const host = to === 'slack-alerts' ? channels.slackAlerts : channels.slackOps;
  return host ? ` at ${host}` : '';
}

/** The token goes by standard input: an argument list can be read by everybody. */
function pagerDuty({ method, url, from, body }: PagerCall): string {
  const headers = ['content-type: application/json', ...(from === undefined ? [] : [`From: ${from}`])];
  const given = headers.flatMap((header) => ['-H', header]);
  const curl = ['curl', '-fsS', '-X', method, '-H', '@-', ...given, '--data-raw', body, url];
  return `printf 'Authorization: Token token=%s' "$BENTHAM_CHANNELS_PAGER_DUTY_API_TOKEN" | ${words(curl)}`;
}

/** The webhook and the routing key are secrets: the command names the variables that hold them. */
function channel(call: ChannelCall): string {
  const curl = ['curl', '-fsS', '-H', 'content-type: application/json'];
  if (call.channel === 'pagerduty') {
    // The key goes through standard input: other users can read arguments.
    const rest = `,${call.body.slice(1)}`;
    const printed = `printf '{"routing_key":"%s"%s' "$BENTHAM_CHANNELS_PAGER_DUTY_ROUTING_KEY" ${quote(rest)}`;
    return `${printed} | ${words([...curl, '-d', '@-', call.url])}`;
  }
  const variable =
    call.channel === 'slack-alerts' ? 'BENTHAM_CHANNELS_SLACK_ALERTS_WEBHOOK' : 'BENTHAM_CHANNELS_SLACK_OPS_WEBHOOK';
  return `${words([...curl, '-d', call.body])} "$${variable}"`;
}
