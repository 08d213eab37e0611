// Evidence objects, their versions, restorable clusters and secrets: what AWS tells before anything is changed there.
import type { S3Client } from '@aws-sdk/client-s3';
import type { Settings } from '../../config/settings.ts';
import type { EvidenceObject, EvidenceVersion } from '../../core/survey.ts';
import { clean, door } from '../../core/text.ts';
import { type Instant, type Ms, second } from '../../core/time.ts';
import { awsFault, rdsClient, s3Client, secretsClient } from '../aws.ts';
import type { Outcome } from '../source.ts';

const within: Ms = 20 * second;

export async function evidenceObjects(
  settings: Settings,
  prefix: string,
  before: Instant,
  most: number,
): Promise<Outcome<{ objects: readonly EvidenceObject[]; complete: boolean; versioned: boolean }>> {
  const s3 = await import('@aws-sdk/client-s3');
  const { bucket } = settings.evidence;
  return asked(await s3Client(settings, within), `s3://${bucket}`, 'list its objects', async (client) => {
    const versioning = await client.send(new s3.GetBucketVersioningCommand({ Bucket: bucket })).catch(() => undefined);
    const objects: EvidenceObject[] = [];
    let token: string | undefined;
    do {
      const page = await client.send(
        new s3.ListObjectsV2Command({ Bucket: bucket, Prefix: prefix, ...(token ? { ContinuationToken: token } : {}) }),
      );
      for (const { Key, Size, LastModified } of page.Contents ?? [])
        if (Key !== undefined && LastModified && LastModified.getTime() < before && Key === clean(Key, 2000))
          objects.push({ key: Key, bytes: Size ?? 0, modifiedAt: LastModified.getTime() });
      token = page.NextContinuationToken;
    } while (token && objects.length < most);
    const chosen = objects.slice(0, most);
    const held = await holdsOf(client, bucket, chosen);
    const marked = chosen.map((o) => ({ ...o, ...(held.has(o.key) ? { held: held.get(o.key) ?? '' } : {}) }));
    return { objects: marked, complete: !token && objects.length <= most, versioned: versioning?.Status === 'Enabled' };
  });
}

/** Legal holds and retentions that have not run out, a few objects at a time. */
async function holdsOf(
  client: S3Client,
  bucket: string,
  objects: readonly EvidenceObject[],
): Promise<Map<string, string>> {
  const s3 = await import('@aws-sdk/client-s3');
  const held = new Map<string, string>();
  const queue = [...objects];
  const worker = async () => {
    for (let one = queue.shift(); one; one = queue.shift()) {
      const place = { Bucket: bucket, Key: one.key };
      const [hold, retention] = await Promise.all([
        client.send(new s3.GetObjectLegalHoldCommand(place)).catch(() => undefined),
        client.send(new s3.GetObjectRetentionCommand(place)).catch(() => undefined),
      ]);
      const until = retention?.Retention?.RetainUntilDate;
      if (hold?.LegalHold?.Status === 'ON') held.set(one.key, 'legal hold');
      else if (until && until.getTime() > Date.now())
        held.set(one.key, `retained until ${until.toISOString().slice(0, 10)}`);
    }
  };
  await Promise.all(Array.from({ length: 8 }, worker));
  return held;
}

export async function evidenceVersions(settings: Settings, key: string): Promise<Outcome<readonly EvidenceVersion[]>> {
  const s3 = await import('@aws-sdk/client-s3');
  const { bucket } = settings.evidence;
  return asked(await s3Client(settings, within), `s3://${bucket}`, 'list versions', async (client) => {
    const page = await client.send(new s3.ListObjectVersionsCommand({ Bucket: bucket, Prefix: key, MaxKeys: 1000 }));
    const versions = (page.Versions ?? []).map((v) => ({ ...v, marker: false, Size: v.Size ?? 0, ETag: v.ETag ?? '' }));
    const markers = (page.DeleteMarkers ?? []).map((v) => ({ ...v, marker: true, Size: 0, ETag: '' }));
    return [...versions, ...markers]
      .filter((v) => v.Key === key)
      .map((v) => ({
        versionId: door(v.VersionId, 200),
        at: v.LastModified?.getTime() ?? 0,
        bytes: v.Size,
        latest: v.IsLatest === true,
        marker: v.marker,
        etag: door(v.ETag, 80),
      }))
      .sort((a, b) => b.at - a.at);
  });
}

export async function clusterSnapshots(settings: Settings) {
  const rds = await import('@aws-sdk/client-rds');
  const { cluster } = settings.backups;
  return asked(await rdsClient(settings, within), `RDS ${cluster}`, 'describe snapshots', async (client) => {
    const id = { DBClusterIdentifier: cluster };
    const [found, listed] = await Promise.all([
      client.send(new rds.DescribeDBClustersCommand(id)),
      client.send(new rds.DescribeDBClusterSnapshotsCommand(id)),
    ]);
    const [own] = found.DBClusters ?? [];
    const snapshots = (listed.DBClusterSnapshots ?? []).map((s) => ({
      id: door(s.DBClusterSnapshotIdentifier, 200),
      at: s.SnapshotCreateTime?.getTime() ?? 0,
      status: door(s.Status, 40),
    }));
    return {
      ...(own?.LatestRestorableTime ? { newestRestorable: own.LatestRestorableTime.getTime() } : {}),
      ...(own?.EarliestRestorableTime ? { oldestRestorable: own.EarliestRestorableTime.getTime() } : {}),
      snapshots: snapshots.sort((a, b) => b.at - a.at),
    };
  });
}

export async function clusterState(
  settings: Settings,
  id: string,
): Promise<Outcome<{ status: string; percent?: string } | undefined>> {
  const rds = await import('@aws-sdk/client-rds');
  return asked(await rdsClient(settings, within), `RDS ${id}`, 'describe clusters', async (client) => {
    try {
      const { DBClusters } = await client.send(new rds.DescribeDBClustersCommand({ DBClusterIdentifier: id }));
      const [own] = DBClusters ?? [];
      if (!own) return undefined;
      return {
        status: door(own.Status, 40),
        ...(own.PercentProgress ? { percent: door(own.PercentProgress, 20) } : {}),
      };
    } catch (error) {
      if (error instanceof Error && error.name === 'DBClusterNotFoundFault') return undefined;
      throw error;
    }
  });
}

export async function secretState(settings: Settings, id: string) {
  const aws = await import('@aws-sdk/client-secrets-manager');
  return asked(await secretsClient(settings, within), `secret ${id}`, `describe ${id}`, async (client) => {
    const found = await client.send(new aws.DescribeSecretCommand({ SecretId: id }));
    const versions = Object.entries(found.VersionIdsToStages ?? {});
    return {
      versions: versions.map(([version, stages]) => ({
        id: door(version, 80),
        stages: stages.map((s) => door(s, 60)),
      })),
      ...(found.LastChangedDate ? { changedAt: found.LastChangedDate.getTime() } : {}),
    };
  });
}

async function asked<C extends { destroy(): void }, T>(
  client: C,
  where: string,
  to: string,
  look: (client: C) => Promise<T>,
): Promise<Outcome<T>> {
  try {
    return { ok: true, value: await look(client) };
  } catch (error) {
    return { ok: false, fault: awsFault(error, where, to) };
  } finally {
    client.destroy();
  }
}
