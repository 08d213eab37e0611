// What lies deleted below a prefix of the evidence bucket, and what was restored there. Nothing here writes.
import type { S3Client } from '@aws-sdk/client-s3';
import type { Settings } from '../../config/settings.ts';
import type { DeletedEvidence, DeletedFound, EvidenceAsk } from '../../core/actions/preflight.ts';
import { stripControl } from '../../core/text/text.ts';
import { byUtf8 } from '../../core/text/utf8-order.ts';
import { type Ms, second } from '../../core/time.ts';
import type { Look } from '../looked-through.ts';
import type { Result } from '../source.ts';
import { s3Client } from './clients.ts';
import { askedWith } from './faults.ts';
import { archive, decodedKey } from './preflight.ts';

const within: Ms = 20 * second;
/** Characters of a key, as S3 bounds its bytes. */
const longestKey = 1024;
/** Pages of a thousand versions that are read at most. */
const mostPages = 100;

type Version = {
  key: string;
  versionId: string;
  at: number;
  bytes: number;
  etag: string;
  marker: boolean;
  latest: boolean;
  /** Standard, unless it is named. */
  storage: string;
};

type Ask = Omit<EvidenceAsk, 'before' | 'until'>;

/** Every version and marker of the first `most` keys below a prefix, page by page. `resume`: there are more, behind it. */
async function versionsBelow(client: S3Client, bucket: string, { prefix, most, after }: Ask, { told }: Look) {
  const { ListObjectVersionsCommand } = await import('./sdk/s3.ts');
  const byKey = new Map<string, Version[]>();
  let next: { KeyMarker?: string | undefined; VersionIdMarker?: string | undefined } | undefined = { KeyMarker: after };
  for (let pages = 0; next && pages < mostPages && byKey.size <= most; pages += 1) {
    const command: InstanceType<typeof ListObjectVersionsCommand> = new ListObjectVersionsCommand({
      ...{ Bucket: bucket, Prefix: prefix, EncodingType: 'url' },
      ...next,
    });
    const page = await client.send(command);
    const keyOf = (key: string | undefined) => decodedKey(key, page.EncodingType) ?? '';
    const both = [
      ...(page.Versions ?? []).map((v) => ({ ...v, marker: false, storage: String(v.StorageClass ?? 'STANDARD') })),
      ...(page.DeleteMarkers ?? []).map((v) => ({ ...v, marker: true, Size: 0, ETag: '', storage: '' })),
    ];
    for (const { Key, VersionId, LastModified, Size, ETag, IsLatest, marker, storage } of both) {
      const key = keyOf(Key);
      const version: Version = {
        ...{ key, marker, storage, versionId: VersionId ?? 'null', latest: IsLatest === true },
        ...{ at: LastModified?.getTime() ?? 0, bytes: Size ?? 0, etag: ETag ?? '' },
      };
      const known = byKey.get(key);
      if (known) known.push(version);
      else byKey.set(key, [version]);
    }
    told?.({ done: byKey.size, unit: 'objects' });
    next = page.IsTruncated
      ? { KeyMarker: keyOf(page.NextKeyMarker), VersionIdMarker: page.NextVersionIdMarker }
      : undefined;
  }
  if (next === undefined && byKey.size <= most) return { keys: [...byKey.values()], resume: undefined };
  // A page has its versions before its markers. Of the last key there may be more on the next page.
  const keys = [...byKey.keys()].toSorted(byUtf8).slice(0, next ? Math.max(1, byKey.size - 1) : byKey.size);
  const looked = keys.slice(0, most);
  return { keys: looked.map((key) => byKey.get(key) ?? []), resume: looked.findLast(isSpeakable) ?? looked.at(-1) };
}

/** What is shown is what is done: another key would be shown as something that it is not. */
const isSpeakable = (key: string): boolean => key === stripControl(key, longestKey);

/** What lies deleted below a prefix with its newest version, and whether what was restored equals what was deleted. */
export async function deletedEvidence(settings: Settings, wanted: Ask, look: Look = {}): Promise<Result<DeletedFound>> {
  const { bucket } = settings.evidence;
  return withS3(settings, `list versions below s3://${bucket}/${wanted.prefix}`, look.signal, async (client) => {
    const { keys, resume } = await versionsBelow(client, bucket, wanted, look);
    const deleted: DeletedEvidence[] = [];
    const differs: string[] = [];
    let [live, restored, lost, unspeakable] = [0, 0, 0, 0];
    for (const versions of keys) {
      // S3's times are seconds: of one second, a deletion comes after what it deletes.
      const ordered = versions.toSorted(
        (a, b) => Number(b.latest) - Number(a.latest) || b.at - a.at || Number(b.marker) - Number(a.marker),
      );
      const [current] = ordered;
      const marker = ordered.findIndex((v) => v.marker);
      const before = marker < 0 ? undefined : ordered.slice(marker + 1).find((v) => !v.marker);
      if (!current) continue;
      if (!isSpeakable(current.key)) unspeakable += 1;
      else if (!current.marker) {
        live += 1;
        if (before && (current.etag === before.etag || current.bytes === before.bytes)) restored += 1;
        else if (before) differs.push(current.key);
      } else if (!before) lost += 1;
      else
        deleted.push({
          ...{ key: current.key, versionId: before.versionId, bytes: before.bytes, at: before.at },
          deletedAt: current.at,
          archived: archive.test(before.storage) ? before.storage : undefined,
        });
    }
    return { deleted, live, restored, differs, lost, unspeakable, resume };
  });
}

/** Keys and prefixes one level below `below`, deleted ones too: the existing names, for an unknown one. */
export async function evidenceNames(
  settings: Settings,
  below: string,
  signal?: AbortSignal,
): Promise<Result<readonly string[]>> {
  const { bucket } = settings.evidence;
  return withS3(settings, `list s3://${bucket}`, signal, async (client) => {
    const { ListObjectVersionsCommand } = await import('./sdk/s3.ts');
    const page = await client.send(
      new ListObjectVersionsCommand({ Bucket: bucket, Prefix: below, Delimiter: '/', EncodingType: 'url' }),
    );
    const found = [
      ...(page.CommonPrefixes ?? []).map(({ Prefix }) => Prefix),
      ...[...(page.Versions ?? []), ...(page.DeleteMarkers ?? [])].map(({ Key }) => Key),
    ];
    const names = found.flatMap((name) => decodedKey(name, page.EncodingType) ?? []);
    return [...new Set(names)].map((name) => stripControl(name, longestKey));
  });
}

function withS3<T>(
  settings: Settings,
  to: string,
  signal: AbortSignal | undefined,
  use: (client: S3Client) => Promise<T>,
): Promise<Result<T>> {
  return askedWith(s3Client(settings, within, signal), `s3://${settings.evidence.bucket}`, to, use);
}
