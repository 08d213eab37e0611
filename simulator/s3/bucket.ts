// A bucket with versions and locks, in memory. Evidence bodies are made when they are read: a hundred thousand objects
// must cost little.
import { createHash, randomBytes } from 'node:crypto';

export type Retention = { mode: 'GOVERNANCE' | 'COMPLIANCE'; until: number };

export type Version = {
  key: string;
  id: string;
  /** Milliseconds. */
  modified: number;
  /** A delete marker has no body. */
  marker: boolean;
  size: number;
  etag: string;
  type: string;
  legalHold: boolean;
  retention?: Retention | undefined;
  /** Headers such as x-amz-meta-sha256. */
  metadata?: Readonly<Record<string, string>> | undefined;
  /** Of an upload in parts: the hash of their hashes, and how many there are. */
  sha256?: string | undefined;
  body(): Buffer;
};

export type Bucket = ReturnType<typeof createBucket>;

export type Draft = {
  key: string;
  type?: string;
  modified?: number;
  legalHold?: boolean;
  retention?: Retention | undefined;
  metadata?: Readonly<Record<string, string>>;
  sha256?: string;
} & ({ body: Buffer } | { size: number; make(): Buffer });

const versionId = () => randomBytes(16).toString('base64url');

/** Why a version cannot be deleted for good; undefined when it can. */
export function lockOf(
  version: Version,
  now: number,
  bypassGovernance: boolean,
): 'legal hold' | 'retention' | undefined {
  if (version.legalHold) return 'legal hold';
  const { retention } = version;
  if (!retention || retention.until <= now) return undefined;
  return retention.mode === 'GOVERNANCE' && bypassGovernance ? undefined : 'retention';
}

/** What a new object is retained for where its request says nothing. */
export type DefaultRetention = { mode: Retention['mode']; days: number };

export function createBucket(
  name: string,
  options: { objectLock: boolean; created: number; defaultRetention?: DefaultRetention },
) {
  /** Newest first. */
  const objects = new Map<string, Version[]>();
  let sorted: string[] | undefined;

  const add = (version: Version): Version => {
    const versions = objects.get(version.key);
    if (versions) versions.unshift(version);
    else {
      objects.set(version.key, [version]);
      sorted = undefined;
    }
    return version;
  };

  return {
    name,
    ...options,

    put(draft: Draft): Version {
      const { key, type = 'application/octet-stream', modified = Date.now(), legalHold = false, retention } = draft;
      const whole = 'body' in draft ? draft.body : undefined;
      const content = whole ?? Buffer.from(`${key}\n${modified}`);
      return add({
        key,
        id: versionId(),
        modified,
        marker: false,
        size: 'body' in draft ? draft.body.length : draft.size,
        etag: `"${createHash('md5').update(content).digest('hex')}"`,
        type,
        legalHold,
        retention,
        metadata: draft.metadata,
        sha256: draft.sha256,
        body: () => ('body' in draft ? draft.body : draft.make()),
      });
    },

    /** Hides the object: its content stays as a version. */
    mark(key: string, modified = Date.now()): Version {
      const empty = { size: 0, etag: '', type: '', legalHold: false, body: () => Buffer.alloc(0) };
      return add({ key, id: versionId(), modified, marker: true, ...empty });
    },

    /** The version of this id, or the newest. */
    find(key: string, id?: string): Version | undefined {
      const versions = objects.get(key);
      return id === undefined ? versions?.[0] : versions?.find((one) => one.id === id);
    },

    change(version: Version, by: Partial<Pick<Version, 'legalHold' | 'retention'>>): void {
      Object.assign(version, by);
    },

    /** Deletes permanently. The caller has checked the lock. */
    destroy(version: Version): void {
      const left = (objects.get(version.key) ?? []).filter((one) => one !== version);
      if (left.length > 0) objects.set(version.key, left);
      else {
        objects.delete(version.key);
        sorted = undefined;
      }
    },

    versions: (key: string): readonly Version[] => objects.get(key) ?? [],

    /** All keys, in the order of their bytes, from the first that is not before `from`. */
    keys(from: string): readonly string[] {
      sorted ??= [...objects.keys()].sort((a, b) => (a < b ? -1 : 1));
      let low = 0;
      let high = sorted.length;
      while (low < high) {
        const middle = (low + high) >> 1;
        if ((sorted[middle] ?? '') < from) low = middle + 1;
        else high = middle;
      }
      return low === 0 ? sorted : sorted.slice(low);
    },
  };
}
