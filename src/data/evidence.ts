// Looks at the evidence bucket. Nothing here writes.
import type { S3Client } from '@aws-sdk/client-s3';
import type { Settings } from '../config/settings.ts';
import type { EvidenceGroup, EvidenceList, EvidenceStudy, EvidenceVersion, Lock } from '../core/evidence.ts';
import { clean } from '../core/text.ts';
import { asked, s3Client } from './aws.ts';
import type { Outcome } from './source.ts';
import { decodedKey } from './survey/aws.ts';

/** A listing is cut here: two hundred requests of a thousand keys. */
const mostObjects = 200_000;
/** Versions of one study that are looked at, and locks that are asked for, each a request of its own. */
const mostVersions = 2000;
const mostLocks = 60;
const locksAtOnce = 8;
/** One request, in milliseconds. */
const requestTimeout = 10_000;

/** Objects by study: the first path segment of their key. */
export async function listEvidence(settings: Settings, signal: AbortSignal): Promise<Outcome<EvidenceList>> {
  const { bucket } = settings.evidence;
  return withS3(settings, async (s3) => {
    const { ListObjectsV2Command } = await import('@aws-sdk/client-s3');
    const groups = new Map<string, { objects: number; bytes: number; oldest: number; newest: number }>();
    let objects = 0;
    let bytes = 0;
    let token: string | undefined;
    do {
      const page = await s3.send(
        new ListObjectsV2Command({
          Bucket: bucket,
          EncodingType: 'url',
          ...(token ? { ContinuationToken: token } : {}),
        }),
        { abortSignal: signal },
      );
      for (const { Key, Size, LastModified } of page.Contents ?? []) {
        const study = clean((decodedKey(Key, page.EncodingType) ?? '').split('/', 1)[0], 200);
        const at = LastModified?.getTime() ?? 0;
        const group = groups.get(study) ?? { objects: 0, bytes: 0, oldest: at, newest: at };
        group.objects += 1;
        group.bytes += Size ?? 0;
        group.oldest = Math.min(group.oldest, at);
        group.newest = Math.max(group.newest, at);
        groups.set(study, group);
        objects += 1;
        bytes += Size ?? 0;
      }
      token = page.IsTruncated ? page.NextContinuationToken : undefined;
    } while (token && objects < mostObjects);
    const list = [...groups].map(([study, group]): EvidenceGroup => ({ study, ...group }));
    return {
      bucket,
      groups: list.sort((a, b) => a.oldest - b.oldest),
      objects,
      bytes,
      complete: token === undefined,
    };
  });
}

/** Every version and delete marker of one study, with the locks of the newest ones. */
export async function lookAtStudyEvidence(
  settings: Settings,
  study: string,
  signal: AbortSignal,
): Promise<Outcome<EvidenceStudy>> {
  const { bucket } = settings.evidence;
  return withS3(settings, async (s3) => {
    const { versions, complete } = await listVersions(s3, bucket, `${study}/`, signal);
    const wanted = versions.filter((v) => v.kind === 'version').slice(0, mostLocks);
    const locks = new Map<EvidenceVersion, Lock>();
    let unknown: string | undefined;
    for (let at = 0; at < wanted.length && unknown === undefined; at += locksAtOnce) {
      const some = wanted.slice(at, at + locksAtOnce);
      const answers = await Promise.all(some.map((version) => lockOf(s3, bucket, version, signal)));
      for (const [index, answer] of answers.entries()) {
        const version = some[index];
        if (!answer.ok) unknown = `locks: ${answer.fault.what}`;
        else if (version) locks.set(version, answer.value);
      }
    }
    if (wanted.length < versions.filter((v) => v.kind === 'version').length)
      unknown ??= `locks of the first ${mostLocks} versions only`;
    return {
      bucket,
      study,
      versions: versions.map((version) => {
        const lock = locks.get(version);
        return lock ? { ...version, lock } : version;
      }),
      complete,
      ...(unknown ? { unknown } : {}),
    };
  });
}

async function listVersions(s3: S3Client, bucket: string, prefix: string, signal: AbortSignal) {
  const { ListObjectVersionsCommand } = await import('@aws-sdk/client-s3');
  const versions: EvidenceVersion[] = [];
  let next: { KeyMarker?: string | undefined; VersionIdMarker?: string | undefined } | undefined = {};
  while (next && versions.length < mostVersions) {
    const command: InstanceType<typeof ListObjectVersionsCommand> = new ListObjectVersionsCommand({
      Bucket: bucket,
      Prefix: prefix,
      EncodingType: 'url',
      ...next,
    });
    const page = await s3.send(command, { abortSignal: signal });
    const kinds = [
      ...(page.Versions ?? []).map((v) => ({ ...v, kind: 'version' as const })),
      ...(page.DeleteMarkers ?? []).map((v) => ({ ...v, Size: 0, kind: 'delete marker' as const })),
    ];
    for (const v of kinds)
      versions.push({
        key: decodedKey(v.Key, page.EncodingType) ?? '',
        versionId: v.VersionId ?? 'null',
        kind: v.kind,
        latest: v.IsLatest ?? false,
        bytes: v.Size ?? 0,
        at: v.LastModified?.getTime() ?? 0,
      });
    next = page.IsTruncated
      ? { KeyMarker: decodedKey(page.NextKeyMarker, page.EncodingType), VersionIdMarker: page.NextVersionIdMarker }
      : undefined;
  }
  const byKey = (a: EvidenceVersion, b: EvidenceVersion) => (a.key < b.key ? -1 : a.key > b.key ? 1 : b.at - a.at);
  return { versions: versions.sort(byKey), complete: next === undefined };
}

/** Legal hold and retention of one version. A version without either answers with an error, which means none. */
async function lockOf(
  s3: S3Client,
  bucket: string,
  { key, versionId }: EvidenceVersion,
  signal: AbortSignal,
): Promise<Outcome<Lock>> {
  const { GetObjectLegalHoldCommand, GetObjectRetentionCommand } = await import('@aws-sdk/client-s3');
  const at = { Bucket: bucket, Key: key, VersionId: versionId };
  const none = (error: unknown) => {
    if (
      error instanceof Error &&
      /NoSuchObjectLockConfiguration|ObjectLockConfigurationNotFound|InvalidRequest/.test(error.name)
    )
      return undefined;
    throw error;
  };
  return asked(`s3://${bucket}`, `read the locks in s3://${bucket}`, async () => {
    const [hold, retention] = await Promise.all([
      s3.send(new GetObjectLegalHoldCommand(at), { abortSignal: signal }).catch(none),
      s3.send(new GetObjectRetentionCommand(at), { abortSignal: signal }).catch(none),
    ]);
    const mode = retention?.Retention?.Mode;
    const until = retention?.Retention?.RetainUntilDate?.getTime();
    return {
      legalHold: hold?.LegalHold?.Status === 'ON',
      ...(mode === 'GOVERNANCE' || mode === 'COMPLIANCE' ? { mode } : {}),
      ...(until === undefined ? {} : { until }),
    };
  });
}

async function withS3<T>(settings: Settings, use: (s3: S3Client) => Promise<T>): Promise<Outcome<T>> {
  return asked(`s3://${settings.evidence.bucket}`, `list s3://${settings.evidence.bucket}`, async () => {
    const s3 = await s3Client(settings, requestTimeout);
    try {
      return await use(s3);
    } finally {
      s3.destroy();
    }
  });
}
