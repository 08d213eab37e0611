// The backups that are there: the database's snapshots, Redis' files, the evidence bucket's protection.
import type { Settings } from '../../config/settings.ts';
import type { Backups, Snapshot } from '../../core/health/backups.ts';
import { sanitize, stripControl } from '../../core/text/text.ts';
import { minute } from '../../core/time.ts';
import { shareLooks } from '../shared-looks/shared-looks.ts';
import { backups } from '../shared-looks/study-schemas.ts';
import { poll, type Result, type Source } from '../source.ts';
import { rdsClient, s3Client } from './clients.ts';
import { asked } from './faults.ts';

/** Backups come by the hour; asking more often tells nothing. */
const every = 5 * minute;
const timeout = 20_000;
const requestTimeout = 10_000;
/** Snapshots that are read, newest pages included: an hourly week and a daily month are 198. */
const mostSnapshots = 1000;

/** `shared`: cockpits of one user on one host share each look. */
export function backupsSource(settings: Settings, { shared } = { shared: false }): Source {
  const where = `rds ${settings.backups.cluster}`;
  return poll({
    id: 'backups',
    fact: 'backups',
    every,
    timeout,
    from: 'RDS and S3',
    where,
    read: (signal) => readBackups(settings, signal),
    sharing: shared
      ? shareLooks(settings, {
          fact: 'backups',
          parts: [settings.backups, settings.evidence, awsVariables()],
          value: backups,
          every,
          timeout,
          isForAll: ({ snapshots, redis, evidence }) =>
            [snapshots, redis, evidence].every((part) => part.ok || part.fault.kind === 'unconfigured'),
        })
      : undefined,
  });
}

/** What else decides the account and the endpoint; keys that are secret do not. */
function awsVariables(): readonly [string, string | undefined][] {
  const isSecret = (name: string) => name.includes('SECRET') || name.includes('TOKEN');
  return ['HOME', ...Object.keys(process.env).filter((name) => name.startsWith('AWS_') && !isSecret(name))]
    .toSorted()
    .map((name) => [name, process.env[name]]);
}

/** Asks all three; a fault only when none of them can be asked. */
export async function readBackups(settings: Settings, signal: AbortSignal): Promise<Result<Backups>> {
  const store = s3Client(settings, requestTimeout, signal);
  const [snapshots, redis, evidence] = await Promise.all([
    databaseSnapshots(settings, signal),
    redisBackups(settings, store, signal),
    evidenceProtection(settings, store, signal),
  ]);
  await store.then((s3) => s3.destroy()).catch(() => undefined);
  if (!snapshots.ok && !redis.ok && !evidence.ok) return snapshots;
  return { ok: true, value: { snapshots, redis, evidence } };
}

async function databaseSnapshots(settings: Settings, signal: AbortSignal): Promise<Result<readonly Snapshot[]>> {
  return asked(`rds ${settings.backups.cluster}`, 'list snapshots', async () => {
    const { DescribeDBClusterSnapshotsCommand } = await import('./sdk/rds.ts');
    const rds = await rdsClient(settings, requestTimeout, signal);
    try {
      const found: Snapshot[] = [];
      let marker: string | undefined;
      do {
        const command: InstanceType<typeof DescribeDBClusterSnapshotsCommand> = new DescribeDBClusterSnapshotsCommand({
          DBClusterIdentifier: settings.backups.cluster,
          Marker: marker || undefined,
        });
        const page = await rds.send(command, { abortSignal: signal });
        for (const s of page.DBClusterSnapshots ?? []) {
          const id = stripControl(s.DBClusterSnapshotIdentifier, 200);
          found.push({
            id,
            at: s.SnapshotCreateTime?.getTime() ?? 0,
            kind: /hourly/i.test(id) ? 'hourly' : /daily/i.test(id) ? 'daily' : 'other',
            status: stripControl(s.Status, 40),
            bytes: s.AllocatedStorage ? s.AllocatedStorage * 1024 ** 3 : undefined,
          });
        }
        marker = page.Marker;
      } while (marker && found.length < mostSnapshots);
      return found.sort((a, b) => b.at - a.at);
    } finally {
      rds.destroy();
    }
  });
}

/** Both ask one client. */
type Store = ReturnType<typeof s3Client>;

async function redisBackups(settings: Settings, store: Store, signal: AbortSignal): Promise<Backups['redis']> {
  const { redisBucket: bucket, redisPrefix } = settings.backups;
  if (!bucket)
    return {
      ok: false,
      fault: {
        kind: 'unconfigured',
        where: 'backups.redisBucket',
        what: 'not configured: backups.redisBucket',
        hint: 'set backups.redisBucket to the bucket of the Redis backups',
      },
    };
  return asked(`s3://${bucket}/${redisPrefix}`, `list s3://${bucket}`, async () => {
    const { ListObjectsV2Command } = await import('./sdk/s3.ts');
    const s3 = await store;
    let newest: number | undefined;
    let objects = 0;
    let token: string | undefined;
    do {
      const command: InstanceType<typeof ListObjectsV2Command> = new ListObjectsV2Command({
        Bucket: bucket,
        Prefix: redisPrefix,
        ContinuationToken: token || undefined,
      });
      const page = await s3.send(command, { abortSignal: signal });
      for (const { LastModified } of page.Contents ?? []) {
        objects += 1;
        if (LastModified) newest = Math.max(newest ?? 0, LastModified.getTime());
      }
      token = page.IsTruncated ? page.NextContinuationToken : undefined;
    } while (token && objects < 20_000);
    return { objects, newest };
  });
}

async function evidenceProtection(settings: Settings, store: Store, signal: AbortSignal): Promise<Backups['evidence']> {
  const { bucket } = settings.evidence;
  return asked(`s3://${bucket}`, `read the object lock of s3://${bucket}`, async () => {
    const { GetBucketVersioningCommand, GetObjectLockConfigurationCommand } = await import('./sdk/s3.ts');
    const s3 = await store;
    const locking = s3
      .send(new GetObjectLockConfigurationCommand({ Bucket: bucket }), { abortSignal: signal })
      .catch((error: unknown) => {
        if (error instanceof Error && error.name === 'ObjectLockConfigurationNotFoundError') return undefined;
        throw error;
      });
    // Where both fail, the first is told.
    locking.catch(() => undefined);
    const versioning = await s3.send(new GetBucketVersioningCommand({ Bucket: bucket }), { abortSignal: signal });
    const lock = (await locking)?.ObjectLockConfiguration;
    const { Mode, Days, Years } = lock?.Rule?.DefaultRetention ?? {};
    const days = Days ?? (Years ? Years * 365 : undefined);
    return {
      versioning: versioning.Status === 'Enabled',
      objectLock: lock?.ObjectLockEnabled === 'Enabled',
      mode: Mode ? sanitize(Mode, 20) : undefined,
      days: days || undefined,
    };
  });
}
