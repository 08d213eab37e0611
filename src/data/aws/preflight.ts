// Evidence objects, their versions, restorable clusters and secrets: what AWS tells before anything is changed there.
import type { Settings } from '../../config/settings.ts';
import { mostObjectVersions } from '../../core/actions/evidence-found.ts';
import type { EvidenceAsk, EvidenceFound, EvidenceObject, EvidenceVersion } from '../../core/actions/preflight.ts';
import { sanitize, stripControl } from '../../core/text/text.ts';
import { byUtf8 } from '../../core/text/utf8-order.ts';
import { type Ms, second } from '../../core/time.ts';
import type { Look } from '../looked-through.ts';
import type { Result } from '../source.ts';
import { rdsClient, s3Client, secretsClient } from './clients.ts';
import { askedWith } from './faults.ts';
import { holdsOf, mayHold } from './object-lock.ts';

type Version = {
  Key?: string | undefined;
  VersionId?: string | undefined;
  LastModified?: Date | undefined;
  Size?: number | undefined;
  IsLatest?: boolean | undefined;
  ETag?: string | undefined;
  StorageClass?: string | undefined;
};

const within: Ms = 20 * second;
/** Locks of the newest versions of one object that are read. */
const mostLocksRead = 200;
/** Classes whose objects have to be brought back before they can be copied (Amazon S3, storage classes). */
export const archive = /^(GLACIER|DEEP_ARCHIVE)$/;
/** Objects of a prefix that are looked through: some three minutes at the rate of S3's lists. */
const mostListed = 2_000_000;

/** Old objects under a prefix, in the order of their keys, with what holds them. */
export async function evidenceObjects(
  settings: Settings,
  { prefix, before, most, after, until, bound = mostListed }: EvidenceAsk & { bound?: number },
  look: Look = {},
): Promise<Result<EvidenceFound>> {
  const s3 = await import('./sdk/s3.ts');
  const { bucket } = settings.evidence;
  return askedWith(s3Client(settings, within, look.signal), `s3://${bucket}`, 'list its objects', async (client) => {
    const versioning = await client.send(new s3.GetBucketVersioningCommand({ Bucket: bucket })).catch(() => undefined);
    const objects: EvidenceObject[] = [];
    let unspeakable = 0;
    let listed = 0;
    let token: string | undefined;
    let last: string | undefined;
    let lastSpeakable: string | undefined;
    const isPast = () => until !== undefined && last !== undefined && byUtf8(last, until) > 0;
    do {
      const page = await client.send(
        new s3.ListObjectsV2Command({
          Bucket: bucket,
          Prefix: prefix,
          EncodingType: 'url',
          StartAfter: after,
          ContinuationToken: token || undefined,
        }),
      );
      for (const { Key, Size, LastModified } of page.Contents ?? []) {
        const key = decodedKey(Key, page.EncodingType);
        listed += 1;
        if (key === undefined) continue;
        const isSpeakable = key === stripControl(key, 2000);
        last = key;
        if (isSpeakable) lastSpeakable = key;
        if (!LastModified || LastModified.getTime() >= before) continue;
        // What is shown is what goes: a key that a terminal would show as something else is left out, and counted.
        if (isSpeakable) objects.push({ key, bytes: Size ?? 0, modifiedAt: LastModified.getTime() });
        else unspeakable += 1;
      }
      token = page.NextContinuationToken;
      look.told?.({ done: listed, unit: 'objects' });
    } while (token && objects.length < most && listed < bound && !isPast());
    const chosen = objects.filter(({ key }) => until === undefined || byUtf8(key, until) <= 0).slice(0, most);
    const held = (await mayHold(client, bucket))
      ? await holdsOf(client, bucket, chosen, look)
      : new Map<EvidenceObject, string>();
    const isCut = objects.length > most || (objects.length === most && token !== undefined);
    return {
      objects: chosen.map((o) => ({ ...o, held: held.get(o) })),
      resume: isCut ? chosen.at(-1)?.key : token && (lastSpeakable ?? last),
      unspeakable,
      listed,
      bounded: token && objects.length < most && !isPast() ? true : undefined,
      // Who may not ask does not know.
      versioned: versioning ? versioning.Status === 'Enabled' : undefined,
    };
  });
}

/** A key as it is. XML cannot hold every character of one, so the list is asked for in URL encoding. */
export function decodedKey(key: string | undefined, encoding: string | undefined): string | undefined {
  if (key === undefined || encoding !== 'url') return key;
  try {
    return decodeURIComponent(key.replaceAll('+', ' '));
  } catch {
    return key;
  }
}

/** The versions of an object, the newest first. */
export async function evidenceVersions(
  settings: Settings,
  key: string,
  look: Look = {},
): Promise<Result<readonly EvidenceVersion[]>> {
  const s3 = await import('./sdk/s3.ts');
  const { bucket } = settings.evidence;
  return askedWith(s3Client(settings, within, look.signal), `s3://${bucket}`, 'list versions', async (client) => {
    const listed = (from: object) =>
      client.send(new s3.ListObjectVersionsCommand({ Bucket: bucket, Prefix: key, ...from }));
    const found: (Version & { marker: boolean })[] = [];
    let next: { KeyMarker?: string | undefined; VersionIdMarker?: string | undefined } | undefined = {};
    // A key's versions come first of all that begin with it: the first page that ends beyond it is the last.
    while (next) {
      const page: Awaited<ReturnType<typeof listed>> = await listed(next);
      found.push(...(page.Versions ?? []).map((v) => ({ ...v, marker: false })));
      found.push(...(page.DeleteMarkers ?? []).map((v) => ({ ...v, marker: true })));
      look.told?.({ done: found.length, unit: 'versions' });
      const further = page.IsTruncated === true && page.NextKeyMarker === key && found.length < mostObjectVersions;
      next = further ? { KeyMarker: page.NextKeyMarker, VersionIdMarker: page.NextVersionIdMarker } : undefined;
    }
    const versions = found
      .filter((v) => v.Key === key)
      .map((v) => ({
        versionId: sanitize(v.VersionId, 200),
        at: v.LastModified?.getTime() ?? 0,
        bytes: v.Size ?? 0,
        latest: v.IsLatest === true,
        marker: v.marker,
        etag: sanitize(v.ETag ?? '', 80),
        archived: archive.test(v.StorageClass ?? '') ? v.StorageClass : undefined,
      }))
      .sort((a, b) => b.at - a.at);
    // A marker holds nothing, and is held by nothing.
    const asked = versions.filter((v) => !v.marker).slice(0, mostLocksRead);
    const places = asked.map(({ versionId }) => ({ key, versionId }));
    const held = (await mayHold(client, bucket))
      ? await holdsOf(client, bucket, places, look)
      : new Map<object, string>();
    const reasons = new Map(places.map((place) => [place.versionId, held.get(place)]));
    return versions.map((v) => {
      const reason = reasons.get(v.versionId);
      return reason === undefined ? v : { ...v, held: reason };
    });
  });
}

export async function clusterSnapshots(settings: Settings, signal?: AbortSignal) {
  const rds = await import('./sdk/rds.ts');
  const { cluster } = settings.backups;
  return askedWith(rdsClient(settings, within, signal), `RDS ${cluster}`, 'describe snapshots', async (client) => {
    const id = { DBClusterIdentifier: cluster };
    const found = await client.send(new rds.DescribeDBClustersCommand(id));
    const [own] = found.DBClusters ?? [];
    // A page holds a hundred, in no promised order: the newest may be on the last.
    const listed = [];
    for await (const page of rds.paginateDescribeDBClusterSnapshots({ client }, id))
      listed.push(...(page.DBClusterSnapshots ?? []));
    const snapshots = listed.map((s) => ({
      id: sanitize(s.DBClusterSnapshotIdentifier, 200),
      at: s.SnapshotCreateTime?.getTime() ?? 0,
      status: sanitize(s.Status, 40),
    }));
    return {
      newestRestorable: own?.LatestRestorableTime ? own.LatestRestorableTime.getTime() : undefined,
      oldestRestorable: own?.EarliestRestorableTime ? own.EarliestRestorableTime.getTime() : undefined,
      snapshots: snapshots.sort((a, b) => b.at - a.at),
    };
  });
}

export async function clusterState(
  settings: Settings,
  id: string,
  signal?: AbortSignal,
): Promise<Result<{ status: string; percent?: string } | undefined>> {
  const rds = await import('./sdk/rds.ts');
  return askedWith(rdsClient(settings, within, signal), `RDS ${id}`, 'describe clusters', async (client) => {
    try {
      const { DBClusters } = await client.send(new rds.DescribeDBClustersCommand({ DBClusterIdentifier: id }));
      const [own] = DBClusters ?? [];
      if (!own) return undefined;
      return {
        status: sanitize(own.Status, 40),
        percent: own.PercentProgress ? sanitize(own.PercentProgress, 20) : undefined,
      };
    } catch (error) {
      if (error instanceof Error && error.name === 'DBClusterNotFoundFault') return undefined;
      throw error;
    }
  });
}

export async function secretState(settings: Settings, id: string, signal?: AbortSignal) {
  const aws = await import('./sdk/secrets-manager.ts');
  return askedWith(secretsClient(settings, within, signal), `secret ${id}`, `describe ${id}`, async (client) => {
    const found = await client.send(new aws.DescribeSecretCommand({ SecretId: id }));
    const versions = Object.entries(found.VersionIdsToStages ?? {});
    return {
      versions: versions.map(([version, stages]) => ({
        id: sanitize(version, 80),
        stages: stages.map((s) => sanitize(s, 60)),
      })),
      changedAt: found.LastChangedDate ? found.LastChangedDate.getTime() : undefined,
    };
  });
}
