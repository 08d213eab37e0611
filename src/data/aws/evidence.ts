// Reads the evidence bucket. Nothing here writes.
import type { S3Client } from '@aws-sdk/client-s3';
import type { Settings } from '../../config/settings.ts';
import type { EvidenceGroup, EvidenceList, EvidenceStudy, EvidenceVersion, Lock } from '../../core/queries/evidence.ts';
import { stripControl } from '../../core/text/text.ts';
import type { Result } from '../source.ts';
import { s3Client } from './clients.ts';
import { asked, askedWith } from './faults.ts';
import { decodedKey } from './preflight.ts';

/** A listing is cut here: two hundred requests of a thousand keys. */
const mostObjects = 200_000;
/** Listed versions of all objects of one study, and queried locks, each a request of its own. */
const mostStudyVersions = 2000;
const mostLocks = 60;
const locksAtOnce = 8;
/** Studies whose oldest object is asked for its lock, the ones with the oldest evidence first. */
const mostStudies = 60;
/** Letters of an object's key, as S3 bounds them. */
const longestName = 1024;
/** One request, in milliseconds. */
const requestTimeout = 10_000;

type Group = Omit<EvidenceGroup, 'study' | 'lock'> & { oldestKey: string };

/** Objects by study: the first path segment of their key. With the lock of each study's oldest object, for the oldest studies. */
export async function listEvidence(settings: Settings, signal: AbortSignal): Promise<Result<EvidenceList>> {
  const { bucket } = settings.evidence;
  return withS3(settings, signal, async (s3) => {
    const { ListObjectsV2Command } = await import('./sdk/s3.ts');
    const groups = new Map<string, Group>();
    let objects = 0;
    let bytes = 0;
    let token: string | undefined;
    do {
      const page = await s3.send(
        new ListObjectsV2Command({
          Bucket: bucket,
          EncodingType: 'url',
          ContinuationToken: token || undefined,
        }),
      );
      for (const { Key, Size, LastModified } of page.Contents ?? []) {
        const key = decodedKey(Key, page.EncodingType) ?? '';
        const study = stripControl(key.split('/', 1)[0], 200);
        const at = LastModified?.getTime() ?? 0;
        const group = groups.get(study) ?? { objects: 0, bytes: 0, oldest: at, newest: at, oldestKey: key };
        group.objects += 1;
        group.bytes += Size ?? 0;
        if (at < group.oldest) {
          group.oldest = at;
          group.oldestKey = key;
        }
        group.newest = Math.max(group.newest, at);
        groups.set(study, group);
        objects += 1;
        bytes += Size ?? 0;
      }
      token = page.IsTruncated ? page.NextContinuationToken : undefined;
    } while (token && objects < mostObjects);
    const list = [...groups].sort(([, a], [, b]) => a.oldest - b.oldest);
    const wanted = list.slice(0, mostStudies).map(([, { oldestKey }]) => ({ key: oldestKey }));
    const { locks, unknown } = await locksOf(s3, bucket, wanted);
    const left =
      list.length > wanted.length ? `held: checked for the ${mostStudies} studies with the oldest evidence` : undefined;
    const says = unknown ?? left;
    return {
      bucket,
      groups: list.map(([study, { oldestKey: _, ...group }], at): EvidenceGroup => {
        const lock = locks[at];
        return { study, ...group, lock };
      }),
      objects,
      bytes,
      complete: token === undefined,
      unknown: says || undefined,
    };
  });
}

/** Every version and delete marker of one study, with the locks of the newest ones. */
export async function queryStudyEvidence(
  settings: Settings,
  study: string,
  signal: AbortSignal,
): Promise<Result<EvidenceStudy>> {
  const { bucket } = settings.evidence;
  return withS3(settings, signal, async (s3) => {
    const { versions, complete } = await listVersions(s3, bucket, `${study}/`);
    const wanted = versions.filter((v) => v.kind === 'version').slice(0, mostLocks);
    const found = await locksOf(s3, bucket, wanted);
    const locks = new Map(wanted.map((version, at) => [version, found.locks[at]]));
    let { unknown } = found;
    if (wanted.length < versions.filter((v) => v.kind === 'version').length)
      unknown ??= `locks of the first ${mostLocks} versions only`;
    return {
      bucket,
      study,
      // A name that a terminal would show as something else is not found again, and nothing is done with it.
      versions: versions.map((version) => {
        const lock = locks.get(version);
        const shown = {
          ...version,
          key: stripControl(version.key, longestName),
          versionId: stripControl(version.versionId, longestName),
        };
        return lock ? { ...shown, lock } : shown;
      }),
      complete,
      unknown: unknown || undefined,
    };
  });
}

async function listVersions(s3: S3Client, bucket: string, prefix: string) {
  const { ListObjectVersionsCommand } = await import('./sdk/s3.ts');
  const versions: EvidenceVersion[] = [];
  let next: { KeyMarker?: string | undefined; VersionIdMarker?: string | undefined } | undefined = {};
  while (next && versions.length < mostStudyVersions) {
    const command: InstanceType<typeof ListObjectVersionsCommand> = new ListObjectVersionsCommand({
      Bucket: bucket,
      Prefix: prefix,
      EncodingType: 'url',
      ...next,
    });
    const page = await s3.send(command);
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

/** The newest version of an object, or one version of it. */
type Locked = { key: string; versionId?: string };

/** The locks of some objects, in their order, few at a time. The first refusal ends it: the rest is not known. */
async function locksOf(
  s3: S3Client,
  bucket: string,
  wanted: readonly Locked[],
): Promise<{ locks: readonly (Lock | undefined)[]; unknown?: string }> {
  const locks: (Lock | undefined)[] = [];
  for (let at = 0; at < wanted.length; at += locksAtOnce) {
    const some = wanted.slice(at, at + locksAtOnce);
    const answers = await Promise.all(some.map((one) => lockOf(s3, bucket, one)));
    for (const answer of answers) locks.push(answer.ok ? answer.value : undefined);
    const refused = answers.find((answer) => !answer.ok);
    if (refused && !refused.ok) return { locks, unknown: `locks: ${refused.fault.what}` };
  }
  return { locks };
}

/** Legal hold and retention of one version. A version without either answers with an error, which means none. */
async function lockOf(s3: S3Client, bucket: string, { key, versionId }: Locked): Promise<Result<Lock>> {
  const { GetObjectLegalHoldCommand, GetObjectRetentionCommand } = await import('./sdk/s3.ts');
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
      s3.send(new GetObjectLegalHoldCommand(at)).catch(none),
      s3.send(new GetObjectRetentionCommand(at)).catch(none),
    ]);
    const mode = retention?.Retention?.Mode;
    const until = retention?.Retention?.RetainUntilDate?.getTime();
    return {
      legalHold: hold?.LegalHold?.Status === 'ON',
      mode: mode === 'GOVERNANCE' || mode === 'COMPLIANCE' ? mode : undefined,
      until,
    };
  });
}

function withS3<T>(settings: Settings, signal: AbortSignal, use: (s3: S3Client) => Promise<T>): Promise<Result<T>> {
  const where = `s3://${settings.evidence.bucket}`;
  return askedWith(s3Client(settings, requestTimeout, signal), where, `list ${where}`, use);
}
