// The lists of a bucket: objects (two forms) and versions, in pages, with prefixes rolled up at a delimiter.

import { document, type Elements } from '../xml.ts';
import type { Bucket, Version } from './bucket.ts';

const iso = (at: number) => new Date(at).toISOString();

/** What one page shows of a key: itself, or the prefix it is rolled up into. */
type Found = { key: string } | { prefix: string };

const coded = (query: URLSearchParams) => {
  const url = query.get('encoding-type') === 'url';
  return (text: string) => (url ? encodeURIComponent(text).replaceAll('%2F', '/') : text);
};

/** The first code that comes after all keys with this prefix. */
const beyond = (prefix: string) => `${prefix}\uffff`;

/** Keys after `after`, `limit` at most, and whether there are more. */
function page(
  bucket: Bucket,
  query: URLSearchParams,
  after: string,
  limit: number,
  shown: (key: string) => boolean,
): { found: Found[]; last: string; more: boolean } {
  const prefix = query.get('prefix') ?? '';
  const delimiter = query.get('delimiter') ?? '';
  const found: Found[] = [];
  let last = after;
  let rolled = '';
  for (const key of bucket.keys(after > prefix ? after : prefix)) {
    if (key <= after && after !== '') continue;
    if (!key.startsWith(prefix)) break;
    if (rolled !== '' && key.startsWith(rolled)) continue;
    if (!shown(key)) continue;
    if (found.length >= limit) return { found, last, more: true };
    const cut = delimiter === '' ? -1 : key.indexOf(delimiter, prefix.length);
    if (cut >= 0) {
      rolled = key.slice(0, cut + delimiter.length);
      found.push({ prefix: rolled });
      last = beyond(rolled);
    } else {
      found.push({ key });
      last = key;
    }
  }
  return { found, last, more: false };
}

const limitOf = (query: URLSearchParams) => {
  const asked = Number(query.get('max-keys') ?? 1000);
  return Number.isInteger(asked) && asked >= 0 ? Math.min(1000, asked) : 1000;
};

const common = (bucket: Bucket, query: URLSearchParams, write: (text: string) => string) => ({
  Name: bucket.name,
  Prefix: write(query.get('prefix') ?? ''),
  Delimiter: query.get('delimiter') ?? undefined,
  MaxKeys: limitOf(query),
  EncodingType: query.get('encoding-type') ?? undefined,
});

/** ListObjectsV2, and ListObjects for older clients. */
export function listObjects(bucket: Bucket, query: URLSearchParams): string {
  const second = query.get('list-type') === '2';
  const token = query.get('continuation-token');
  const start = second ? (query.get('start-after') ?? '') : (query.get('marker') ?? '');
  const after = token ? Buffer.from(token, 'base64url').toString() : start;
  const shown = (key: string) => bucket.find(key)?.marker === false;
  const { found, last, more } = page(bucket, query, after, limitOf(query), shown);
  const write = coded(query);
  const contents = found.flatMap((one): Elements[] => {
    const version = 'key' in one ? bucket.find(one.key) : undefined;
    if (!version) return [];
    return [
      {
        Key: write(version.key),
        LastModified: iso(version.modified),
        ETag: version.etag,
        Size: version.size,
        StorageClass: 'STANDARD',
      },
    ];
  });
  const next = more ? Buffer.from(last).toString('base64url') : undefined;
  return document('ListBucketResult', {
    ...common(bucket, query, write),
    ...(second
      ? {
          KeyCount: found.length,
          StartAfter: query.get('start-after') ?? undefined,
          ContinuationToken: token ?? undefined,
          NextContinuationToken: next,
        }
      : { Marker: write(start), NextMarker: more ? write(last) : undefined }),
    IsTruncated: more,
    Contents: contents,
    CommonPrefixes: found.flatMap((one) => ('prefix' in one ? [{ Prefix: write(one.prefix) }] : [])),
  });
}

/** ListObjectVersions. A page ends between keys or between two versions of one. */
export function listVersions(bucket: Bucket, query: URLSearchParams): string {
  const limit = limitOf(query);
  const keyMarker = query.get('key-marker') ?? '';
  const idMarker = query.get('version-id-marker') ?? '';
  const write = coded(query);
  const rows: { version: Version; latest: boolean }[] = [];
  const prefixes: string[] = [];
  // The versions of the key that the last page ended in.
  const rest = idMarker === '' ? [] : bucket.versions(keyMarker);
  const from = rest.findIndex((one) => one.id === idMarker);
  for (const version of from < 0 ? [] : rest.slice(from + 1)) rows.push({ version, latest: false });
  const { found, more } = page(bucket, query, keyMarker, limit + 1, () => true);
  for (const one of found) {
    if ('prefix' in one) prefixes.push(one.prefix);
    else rows.push(...bucket.versions(one.key).map((version, index) => ({ version, latest: index === 0 })));
  }
  const shown = rows.slice(0, Math.max(0, limit - prefixes.length));
  const last = shown.at(-1);
  const truncated = more || shown.length < rows.length;
  const described = ({ version, latest }: (typeof rows)[number]) => ({
    Key: write(version.key),
    VersionId: version.id,
    IsLatest: latest,
    LastModified: iso(version.modified),
    Owner: { ID: 'bentham', DisplayName: 'bentham' },
  });
  return document('ListVersionsResult', {
    ...common(bucket, query, write),
    KeyMarker: write(keyMarker),
    VersionIdMarker: idMarker,
    NextKeyMarker: truncated && last ? write(last.version.key) : undefined,
    NextVersionIdMarker: truncated && last ? last.version.id : undefined,
    IsTruncated: truncated,
    Version: shown
      .filter(({ version }) => !version.marker)
      .map((row) => ({
        ...described(row),
        ETag: row.version.etag,
        Size: row.version.size,
        StorageClass: 'STANDARD',
      })),
    DeleteMarker: shown.filter(({ version }) => version.marker).map(described),
    CommonPrefixes: prefixes.map((prefix) => ({ Prefix: write(prefix) })),
  });
}
