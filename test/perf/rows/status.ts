// `status` beside the commands that a person types for the same facts, one after another.
import { calmDrill } from '../drills.ts';
import { type Cost, costOf, inTurns, isInstalled, launcher, ms } from '../meter.ts';
import type { BenchRow } from '../row.ts';

const failing = "SELECT surface_id, count(*) FROM jobs WHERE status = 'failed' GROUP BY surface_id";

function commands(environment: Readonly<Record<string, string>>): [string, ...string[]][] {
  const namespace = environment.BENTHAM_KUBERNETES_NAMESPACE ?? 'bentham-prod';
  const redis = environment.REDIS_URL ?? '';
  return [
    ['kubectl', 'get', 'pods', '-n', namespace],
    ['kubectl', 'get', 'deployments', '-n', namespace],
    ['kubectl', 'logs', '-n', namespace, 'deployment/api-gateway', '--since=5m'],
    ['curl', '-s', `${environment.BENTHAM_GATEWAY_URL}/health`],
    ['curl', '-s', `${environment.BENTHAM_GATEWAY_URL}/v1/health`],
    ['psql', '-c', 'SELECT count(*) FROM pg_stat_activity'],
    ['psql', '-c', 'SELECT * FROM pg_stat_replication'],
    ['psql', '-c', "SELECT id, tenant_id, status FROM studies WHERE status IN ('executing', 'queued')"],
    ['psql', '-c', "SELECT count(*) FROM jobs WHERE status = 'pending'"],
    ['psql', '-c', failing],
    ['redis-cli', '-u', redis, 'PING'],
    ['redis-cli', '-u', redis, 'INFO'],
  ];
}

export const status: BenchRow = {
  name: 'status',
  async measure({ runs }) {
    const { environment } = await calmDrill();
    const installed: [string, ...string[]][] = [];
    for (const command of commands(environment)) if (await isInstalled(command[0])) installed.push(command);
    const byHand = async () => {
      const sum: Cost = { cpu: 0, wall: 0, peak: 0, code: 0 };
      for (const [name, ...args] of installed) {
        const cost = await costOf(name, args, environment);
        sum.cpu += cost.cpu;
        sum.wall += cost.wall;
      }
      return sum;
    };
    const [ours, hand] = await inTurns(runs, () => costOf(process.execPath, [launcher, 'status'], environment), byHand);
    if (!ours || !hand) throw new Error('nothing was measured');
    const names = [...new Set(installed.map(([name]) => name))].join(', ') || 'kubectl, psql: not installed';
    return [
      {
        figure: 'status',
        is: ms(ours.wall * 1000),
        beside: `${names} by hand: ${ms(hand.wall * 1000)}`,
        ratio: installed.length > 0 ? ours.wall / hand.wall : undefined,
        goal: 0.5,
      },
      {
        figure: 'CPU of status',
        is: ms(ours.cpu * 1000),
        beside: `${names} by hand: ${ms(hand.cpu * 1000)}`,
        ratio: installed.length > 0 ? ours.cpu / hand.cpu : undefined,
        goal: undefined,
      },
    ];
  },
};
