// The content of the drill's buckets: evidence by study, up to ninety days old, some of it held or retained; and backups.
import { createHash } from 'node:crypto';
import { day, hour, minute } from '../time.ts';
import { type Bucket, createBucket, type Draft } from './bucket.ts';

export const evidenceName = 'bentham-evidence';
export const backupsName = 'bentham-backups';

// One picture of one pixel stands for all screenshots; the rest of its size is padding.
const pixel = Buffer.from(
  'iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNkYPhfDwAChwGA60e6kgAAAABJRU5ErkJggg==',
  'base64',
);

const kinds = [
  { file: 'screenshot.png', type: 'image/png', size: 184_000, lead: pixel },
  { file: 'page.html', type: 'text/html', size: 61_000, lead: Buffer.from('<!doctype html><title>evidence</title>\n') },
  { file: 'answer.json', type: 'application/json', size: 3_400, lead: Buffer.from('{"answer":"…"}\n') },
] as const;

/** An object of this kind, whose body is made when it is read. */
function draft(key: string, index: number, modified: number): Draft {
  const kind = kinds[index % kinds.length] ?? kinds[0];
  const size = kind.size + ((index * 7919) % 20_000);
  return {
    key,
    type: kind.type,
    modified,
    size,
    make: () => Buffer.concat([kind.lead, Buffer.alloc(size, ' ')]).subarray(0, size),
  };
}

/** The studies of the drill's database, as its seed names them, and older ones that are there no more. */
function studyNamed(n: number): string {
  const known = ['study_abc123', 'study_def456', 'study_ghi789'][n];
  return (
    known ??
    `study_${createHash('md5')
      .update(`study${n + 1}`)
      .digest('hex')
      .slice(0, 6)}`
  );
}

const studies = 60;
const jobsEach = 4;

/** Evidence of sixty studies, the newest of today, the oldest of three months ago, and `more` objects for load. */
export function evidenceBucket(now: number, more: number): Bucket {
  const bucket = createBucket(evidenceName, {
    objectLock: true,
    created: now - 400 * day,
    defaultRetention: { mode: 'GOVERNANCE', days: 14 },
  });
  for (let n = 0; n < studies; n += 1) {
    const study = studyNamed(n);
    const age = Math.round((n / (studies - 1)) ** 1.5 * 89 * day) + 40 * minute;
    for (let i = 0; i < jobsEach * kinds.length; i += 1) {
      const { file } = kinds[i % kinds.length] ?? kinds[0];
      const key = `${study}/job-${String(1 + Math.floor(i / kinds.length)).padStart(3, '0')}/${file}`;
      const modified = now - age - i * minute;
      bucket.put({
        ...draft(key, i, modified),
        // Every seventh study is a matter for lawyers; some of what remains must stay by law for half a year.
        legalHold: n % 7 === 5,
        retention:
          n % 11 === 8
            ? { mode: 'COMPLIANCE', until: modified + 180 * day }
            : { mode: 'GOVERNANCE', until: modified + 14 * day },
      });
    }
  }
  // The runbook's own example: a screenshot that was overwritten twice, and a page that was deleted.
  for (const hours of [30, 5, 1]) bucket.put(draft('study_abc123/screenshot.png', hours, now - hours * hour));
  bucket.put(draft('study_abc123/page.html', 1, now - 6 * hour));
  bucket.mark('study_abc123/page.html', now - 2 * hour);
  bucket.put(draft('study_old123/screenshot.png', 0, now - 75 * day));
  bucket.put(draft('study_old123/page.html', 1, now - 75 * day));
  for (let i = 0; i < more; i += 1) {
    const key = `study_load${String(Math.floor(i / 100)).padStart(5, '0')}/job-${String(i % 100).padStart(3, '0')}/${(kinds[i % 3] ?? kinds[0]).file}`;
    bucket.put({ ...draft(key, i, now - (i % 90) * day - hour), legalHold: i % 50 === 7 });
  }
  return bucket;
}

const rdbSize = 8_000_000;

/** A week of daily Redis backups; the newest is some hours old. */
export function backupBucket(now: number): Bucket {
  const bucket = createBucket(backupsName, { objectLock: false, created: now - 400 * day });
  for (let days = 0; days < 7; days += 1) {
    const modified = now - days * day - 3 * hour;
    const key = `redis/${new Date(modified).toISOString().slice(0, 10)}.rdb`;
    bucket.put({ key, modified, size: rdbSize, make: () => Buffer.alloc(rdbSize, 'REDIS0011') });
  }
  return bucket;
}
