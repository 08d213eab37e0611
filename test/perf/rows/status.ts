// `status` beside the commands that a person types for the same facts, one after another.
import { calmDrill } from '../drills.ts';
import { type Cost, command, costOf, inTurns, isInstalled, ms } from '../meter.ts';
import type { BenchRow } from '../row.ts';

const lastHour = "created_at > now() - interval '1 hour'";

/** The figures of the lines that answer a request. */
const figures =
  '[inputs | fromjson? | select(.res.statusCode and .responseTime)] | {p95: (map(.responseTime) | sort | .[length * 0.95 | floor]), ' +
  'errors: (map(select(.res.statusCode >= 500)) | length), of: length}';

type ByHand = {
  /** Programs; where one is not installed, the command is left out. */
  needs: readonly string[];
  command: readonly [string, ...string[]];
  environment?: Readonly<Record<string, string>>;
};

/** What the runbook has no command for, and kubectl lists at once. */
const otherKinds = 'statefulsets,daemonsets,replicasets,jobs,cronjobs,hpa,pdb,pvc,events';

/** What `status` reads of backups: `aws`, a program in Python, takes longer than all others together. */
function ofBackups(environment: Readonly<Record<string, string>>): readonly ByHand[] {
  const aws = (...args: string[]): ByHand => ({ needs: ['aws'], command: ['aws', ...args] });
  return [
    aws('rds', 'describe-db-cluster-snapshots', '--db-cluster-identifier', 'bentham-prod'),
    aws('s3', 'ls', `s3://${environment.BENTHAM_BACKUPS_REDIS_BUCKET}`, '--recursive'),
    aws('s3api', 'get-object-lock-configuration', '--bucket', 'bentham-evidence'),
    aws('s3api', 'get-bucket-versioning', '--bucket', 'bentham-evidence'),
  ];
}

/** One command for each other fact that `status` reads, as the runbook has it; of Kubernetes' other kinds one for all. */
function commands(environment: Readonly<Record<string, string>>): readonly ByHand[] {
  const namespace = environment.BENTHAM_KUBERNETES_NAMESPACE ?? 'bentham-prod';
  const kubectl = (...args: string[]): ByHand => ({ needs: ['kubectl'], command: ['kubectl', ...args] });
  const curl = (path: string): ByHand => ({
    needs: ['curl'],
    command: ['curl', '-s', `${environment.BENTHAM_GATEWAY_URL}${path}`],
  });
  const psql = (sql: string, at: ByHand['environment'] = {}): ByHand => ({
    needs: ['psql'],
    command: ['psql', '-c', sql],
    environment: at,
  });
  const redis = (name: string): ByHand => ({
    needs: ['redis-cli'],
    command: ['redis-cli', '-u', environment.REDIS_URL ?? '', name],
  });
  // p95 and error rate are of all pods; `deployment/api-gateway` has the lines of one.
  const logs = `kubectl logs -n ${namespace} -l app=api-gateway --since=5m --tail=-1`;
  return [
    kubectl('get', 'pods', '-n', namespace),
    kubectl('get', 'deployments', '-n', namespace),
    kubectl('get', 'nodes'),
    kubectl('get', otherKinds, '-n', namespace),
    { needs: ['kubectl', 'jq'], command: ['sh', '-c', `${logs} | jq -nR "$1"`, 'sh', figures] },
    curl('/health'),
    curl('/v1/health'),
    psql("SELECT count(*), current_setting('max_connections') FROM pg_stat_activity"),
    psql('SELECT * FROM pg_stat_replication'),
    psql('SELECT * FROM pg_replication_slots'),
    psql('SELECT pid, pg_blocking_pids(pid), query FROM pg_stat_activity WHERE cardinality(pg_blocking_pids(pid)) > 0'),
    psql('SELECT now() - pg_last_xact_replay_timestamp()', {
      PGHOST: environment.BENTHAM_DATABASE_REPLICA_HOST ?? '',
      PGPORT: environment.BENTHAM_DATABASE_REPLICA_PORT ?? '',
    }),
    psql("SELECT id, tenant_id, status FROM studies WHERE status IN ('executing', 'queued')"),
    psql(`SELECT status, count(*) FROM studies WHERE ${lastHour} GROUP BY status`),
    psql("SELECT count(*) FROM jobs WHERE status = 'pending'"),
    psql(`SELECT surface_id, status, count(*) FROM jobs WHERE ${lastHour} GROUP BY surface_id, status`),
    psql(
      `SELECT surface_id, error_message, count(*) FROM jobs WHERE status = 'failed' AND ${lastHour} GROUP BY 1, 2 ORDER BY 3 DESC`,
    ),
    redis('PING'),
    redis('INFO'),
  ];
}

/** Those whose programs are there. */
async function installed(all: readonly ByHand[]): Promise<readonly ByHand[]> {
  const there = await Promise.all(
    all.map(async ({ needs }) => (await Promise.all(needs.map(isInstalled))).every(Boolean)),
  );
  return all.filter((_, at) => there[at]);
}

export const status: BenchRow = {
  name: 'status',
  async measure({ runs }) {
    const { environment } = await calmDrill();
    const [others, backups] = await Promise.all([installed(commands(environment)), installed(ofBackups(environment))]);
    const typed = (all: readonly ByHand[]) => async () => {
      const sum: Cost = { cpu: 0, wall: 0, peak: 0, code: 0 };
      for (const { command: words, environment: its } of all) {
        const [name, ...args] = words;
        const cost = await costOf(name, args, { ...environment, ...its });
        if (cost.code !== 0) throw new Error(`${name} ${args[0]} ended with ${cost.code}`);
        sum.cpu += cost.cpu;
        sum.wall += cost.wall;
      }
      return sum;
    };
    const look = () => costOf(command, ['status'], environment);
    const [ours, hand, aws] = await inTurns(runs, look, typed(others), typed(backups));
    if (!ours || !hand || !aws) throw new Error('nothing was measured');
    const names = [...new Set(others.flatMap(({ needs }) => needs))].join(', ');
    const byHand = (cost: number) =>
      others.length > 0 ? `${names} by hand: ${ms(cost * 1000)}` : 'kubectl, jq, curl, psql, redis-cli: not installed';
    const withAws = backups.length > 0 ? `these and aws: ${ms((hand.wall + aws.wall) * 1000)}` : 'aws: not installed';
    return [
      {
        figure: 'status',
        is: ms(ours.wall * 1000),
        beside: byHand(hand.wall),
        ratio: others.length > 0 ? ours.wall / hand.wall : undefined,
        goal: 0.5,
      },
      {
        figure: 'status, whose backups are asked for by hand, too',
        is: ms(ours.wall * 1000),
        beside: withAws,
        ratio: backups.length > 0 ? ours.wall / (hand.wall + aws.wall) : undefined,
        goal: 0.5,
      },
      {
        figure: 'CPU of status',
        is: ms(ours.cpu * 1000),
        beside: byHand(hand.cpu),
        ratio: others.length > 0 ? ours.cpu / hand.cpu : undefined,
        goal: undefined,
      },
    ];
  },
};
