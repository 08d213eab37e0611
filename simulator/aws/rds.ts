// RDS as far as the runbook asks it: clusters, their snapshots, and a restore to a point in time.
import { randomUUID } from 'node:crypto';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { listen, readBody, sendText } from '../http.ts';
import { day, hour, type Instant, type Ms, minute, second } from '../time.ts';
import { document, type Elements } from '../xml.ts';

type DatabaseCluster = { id: string; created: Instant; availableAt: Instant; source?: string };
type Snapshot = { id: string; cluster: string; created: Instant; kind: 'automated' | 'manual' };

export type Rds = Awaited<ReturnType<typeof startRds>>;

/** An error as RDS returns it. */
class RdsFault extends Error {
  readonly code: string;
  readonly status: number;
  constructor(code: string, status: number, message: string) {
    super(message);
    this.code = code;
    this.status = status;
  }
}

const namespace = 'http://rds.amazonaws.com/doc/2014-10-31/';
const iso = (at: Instant) => new Date(at).toISOString();
const retention = 7 * day;

/** Hourly snapshots of a week and daily ones of a month (runbook, Backup Schedule), and how old their newest ones are. */
function snapshotsOf(cluster: string, now: Instant, newest: { hourly: Ms; daily: Ms }): Snapshot[] {
  const named = (kind: string, at: Instant) => `${cluster}-${kind}-${iso(at).slice(0, 16).replace(/[T:]/g, '-')}`;
  const hourly = Array.from({ length: 7 * 24 }, (_, n): Snapshot => {
    const created = now - newest.hourly - n * hour;
    return { id: `rds:${named('hourly', created)}`, cluster, created, kind: 'automated' };
  });
  const daily = Array.from({ length: 30 }, (_, n): Snapshot => {
    const created = now - newest.daily - n * day;
    return { id: named('daily', created), cluster, created, kind: 'manual' };
  });
  return [...hourly, ...daily].sort((a, b) => a.created - b.created);
}

export type RdsOptions = {
  /** How old the newest snapshot is. */
  newestSnapshot?: Ms;
  /** How long a restore takes. */
  restore?: Ms;
};

export async function startRds({ newestSnapshot = 24 * minute, restore = 20 * second }: RdsOptions = {}) {
  const began = Date.now();
  const clusters = new Map<string, DatabaseCluster>();
  clusters.set('bentham-prod', { id: 'bentham-prod', created: began - 400 * day, availableAt: 0 });
  /** Snapshots are taken continuously, unless they have stopped: then the newest gets older. */
  const snapshots = () => {
    const now = Date.now();
    const since = (age: Ms, every: Ms) => (newestSnapshot < hour ? (age + now - began) % every : age + now - began);
    const newest = { hourly: since(newestSnapshot, hour), daily: since(newestSnapshot + 4 * hour, day) };
    return snapshotsOf('bentham-prod', now, newest);
  };

  const known = (id: string): DatabaseCluster => {
    const cluster = clusters.get(id);
    if (!cluster) throw new RdsFault('DBClusterNotFoundFault', 404, `DBCluster ${id} not found.`);
    return cluster;
  };
  // What can be restored ends five minutes ago, as the logs are shipped.
  const latest = () => Date.now() - 5 * minute;

  const clusterTree = ({ id, created, availableAt }: DatabaseCluster): Elements => ({
    DBClusterIdentifier: id,
    DBClusterArn: `arn:aws:rds:eu-west-1:123456789012:cluster:${id}`,
    Status: Date.now() >= availableAt ? 'available' : 'creating',
    PercentProgress: availableAt === 0 ? undefined : progress(availableAt),
    Engine: 'aurora-postgresql',
    EngineVersion: '16.6',
    DatabaseName: 'bentham',
    MasterUsername: 'bentham',
    Endpoint: `${id}.cluster-c0ffee.eu-west-1.rds.amazonaws.com`,
    ReaderEndpoint: `${id}.cluster-ro-c0ffee.eu-west-1.rds.amazonaws.com`,
    Port: 5432,
    MultiAZ: true,
    BackupRetentionPeriod: retention / day,
    EarliestRestorableTime: iso(Math.max(created, Date.now() - retention)),
    LatestRestorableTime: iso(latest()),
    ClusterCreateTime: iso(created),
    StorageEncrypted: true,
    DeletionProtection: true,
  });
  const progress = (availableAt: Instant) =>
    String(Math.min(100, Math.max(0, Math.round(100 - ((availableAt - Date.now()) / restore) * 100))));
  const snapshotTree = ({ id, cluster, created, kind }: Snapshot): Elements => ({
    DBClusterSnapshotIdentifier: id,
    DBClusterSnapshotArn: `arn:aws:rds:eu-west-1:123456789012:cluster-snapshot:${id}`,
    DBClusterIdentifier: cluster,
    SnapshotCreateTime: iso(created),
    ClusterCreateTime: iso(began - 400 * day),
    Engine: 'aurora-postgresql',
    EngineVersion: '16.6',
    Status: 'available',
    PercentProgress: 100,
    SnapshotType: kind,
    AllocatedStorage: 210,
    StorageEncrypted: true,
  });

  const actions: Readonly<Record<string, (asked: URLSearchParams) => Elements>> = {
    DescribeDBClusters(asked) {
      const id = asked.get('DBClusterIdentifier');
      const found = id ? [known(id)] : [...clusters.values()];
      return { DBClusters: { DBCluster: found.map(clusterTree) } };
    },
    DescribeDBClusterSnapshots(asked) {
      const cluster = asked.get('DBClusterIdentifier');
      const kind = asked.get('SnapshotType');
      const id = asked.get('DBClusterSnapshotIdentifier');
      const found = snapshots().filter(
        (one) => (!cluster || one.cluster === cluster) && (!kind || one.kind === kind) && (!id || one.id === id),
      );
      if (id && found.length === 0) {
        throw new RdsFault('DBClusterSnapshotNotFoundFault', 404, `DBClusterSnapshot ${id} not found.`);
      }
      const size = Math.min(100, Math.max(20, Number(asked.get('MaxRecords') ?? 100) || 100));
      const from = Number(asked.get('Marker') ?? 0) || 0;
      const page = found.slice(from, from + size);
      return {
        Marker: from + size < found.length ? String(from + size) : undefined,
        DBClusterSnapshots: { DBClusterSnapshot: page.map(snapshotTree) },
      };
    },
    RestoreDBClusterToPointInTime(asked) {
      const source = known(asked.get('SourceDBClusterIdentifier') ?? '');
      const target = asked.get('DBClusterIdentifier') ?? '';
      if (!/^[a-z][a-z0-9-]{0,62}$/i.test(target)) {
        throw new RdsFault('InvalidParameterValue', 400, `Invalid DB cluster identifier: ${target}`);
      }
      if (clusters.has(target)) {
        throw new RdsFault('DBClusterAlreadyExistsFault', 400, `DBCluster ${target} already exists.`);
      }
      const wanted = asked.get('RestoreToTime');
      const at = asked.get('UseLatestRestorableTime') === 'true' ? latest() : Date.parse(wanted ?? '');
      if (!(at >= Date.now() - retention && at <= latest())) {
        throw new RdsFault(
          'InvalidRestoreFault',
          400,
          `The specified restore time ${wanted} is not between ${iso(Date.now() - retention)} and ${iso(latest())}.`,
        );
      }
      const made = { id: target, created: Date.now(), availableAt: Date.now() + restore, source: source.id };
      clusters.set(target, made);
      return { DBCluster: clusterTree(made) };
    },
  };

  const answer = async (request: IncomingMessage, response: ServerResponse): Promise<void> => {
    const asked = new URLSearchParams((await readBody(request)).toString());
    const name = asked.get('Action') ?? '';
    const ResponseMetadata = { RequestId: randomUUID() };
    try {
      const action = actions[name];
      if (!action) throw new RdsFault('InvalidAction', 400, `Could not find operation ${name}`);
      const tree = { [`${name}Result`]: action(asked), ResponseMetadata };
      sendText(response, 200, document(`${name}Response`, tree, namespace), 'text/xml');
    } catch (error) {
      if (!(error instanceof RdsFault)) throw error;
      const { code, status, message } = error;
      const tree = { Error: { Type: 'Sender', Code: code, Message: message }, ...ResponseMetadata };
      sendText(response, status, document('ErrorResponse', tree, namespace), 'text/xml');
    }
  };
  const server = await listen(answer);
  return { url: server.url, clusters: (): readonly DatabaseCluster[] => [...clusters.values()], stop: server.stop };
}
