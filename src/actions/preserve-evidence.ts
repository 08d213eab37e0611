// Preserve what an incident leaves behind: logs, events, objects, sessions, readings and the journal in one archive
// (runbook: Security Procedures, step 2).
import type { Action, Execution, Planned, Proof, Target } from '../core/actions/action.ts';
import type { Call } from '../core/actions/call.ts';
import type { ActionContext, ObjectLock, Preflight } from '../core/actions/preflight.ts';
import type { ArchivePlace, ArchiveReport, Content, Preservable } from '../core/preserve/archive.ts';
import { problemsSay } from '../core/preserve/problems.ts';
import { formatAge, formatBytes, formatCounted, formatInstant } from '../core/text/format.ts';
import { quote } from '../core/text/shell.ts';
import { parseSince } from '../core/text/since.ts';
import { day, type Instant, minute } from '../core/time.ts';
import { disproven, fingerprint, given, notYetBy, onlyWhenDone, planned, proven, refuse, refusedBy } from './plan.ts';

declare module '../core/actions/action.ts' {
  interface ActionIds {
    'preserve-evidence': true;
  }
}

/** Logs and JSON become a tenth or less by gzip; a fifth leaves room. */
const packedShare = 5;
/** What has to stay free: a full disk stops the journal, too. */
const spareBytes = 512 * 1024 ** 2;
const gigabyte = 1024 ** 3;
const defaultGigabytes = 10;
const defaultMinutes = 30;

/** Where `to` points: a directory of this machine, or a bucket, whose archive is kept here, too. */
type Destination = { directory?: string; bucket?: { name: string; prefix: string } };

function destinationOf(target: Target): Destination {
  const to = given(target, 'to');
  if (to === '') return {};
  const s3 = /^s3:\/\/([^/]+)\/?(.*)$/.exec(to);
  if (!s3) return { directory: to };
  const [, name = '', prefix = ''] = s3;
  return { bucket: { name, prefix: prefix === '' || prefix.endsWith('/') ? prefix : `${prefix}/` } };
}

const contentOf = (target: Target): Content => (given(target, 'content') === 'whole' ? 'whole' : 'redacted');

/** `evidence-production-20260117T031407Z`. */
function archiveName({ environment }: ActionContext, now: Instant): string {
  const where = environment
    .toLowerCase()
    .replace(/[^a-z0-9]+/g, '-')
    .slice(0, 40);
  return `evidence-${where}-${new Date(now).toISOString().replaceAll(/[-:]|\.\d+/g, '')}`;
}

export const preserveEvidence: Action = {
  id: 'preserve-evidence',
  title: 'Preserve evidence',
  also: 'save logs bundle archive dump forensics security sosreport',
  risk: 'reversible',
  riskOf: (target) => (contentOf(target) === 'whole' ? 'irreversible' : 'reversible'),
  onlyReads: (target) => destinationOf(target).bucket === undefined,
  about: {
    does: 'saves logs of all pods and previous containers, events, objects, sessions, locks, readings and the journal into one archive with a manifest of hashes',
    looksAt: 'pods and a sample of their logs (how much), free disk space, an archive that was begun, Object Lock',
    calls: 'kubectl logs, kubectl get, psql, tar into one file; aws s3api put-object with --to s3://…',
    proof: 'the archive is read back and each file compared with the manifest; S3’s SHA-256 of the object',
    undo: 'delete the archive; under Object Lock it stays until its retention ends',
    runbook: 'Security Procedures',
  },
  fields: [
    {
      name: 'to',
      ask: 'where to?',
      kind: 'text',
      optional: true,
      empty: 'a private directory beside the journal',
      form: {
        pattern: /^(?:\/[^\0]{0,1000}|s3:\/\/[a-z0-9][a-z0-9.-]{1,61}[a-z0-9](?:\/[^\0]{0,800})?)$/,
        says: 'a directory such as /var/evidence, or s3://bucket/prefix',
      },
    },
    {
      name: 'content',
      ask: 'with secrets?',
      kind: 'choice',
      oneOf: ['redacted', 'whole'],
      preset: 'redacted',
      choices: () => [
        { value: 'redacted', says: 'without what looks like a secret' },
        { value: 'whole', says: 'byte for byte, secrets and personal data included' },
      ],
    },
    { name: 'since', ask: 'logs since when?', kind: 'text', time: 'past', optional: true, empty: 'all that is kept' },
    {
      name: 'max-size',
      ask: 'how many GB at most, unpacked?',
      kind: 'number',
      range: [1, 10_000],
      preset: String(defaultGigabytes),
    },
    {
      name: 'max-time',
      ask: 'how many minutes at most?',
      kind: 'number',
      range: [1, 1440],
      preset: String(defaultMinutes),
    },
  ],
  names: (target) => (contentOf(target) === 'whole' ? 'whole' : ''),
  object: () => 'evidence',
  needs: () => [],
  async plan(target, preflight) {
    const { directory, bucket } = destinationOf(target);
    const content = contentOf(target);
    const incident = preflight.incident()?.key;
    const since = parseSince(given(target, 'since'), preflight.now());
    const place = await preflight.archivePlace(directory, { content, since, incident });
    if (!place.ok) return refusedBy(place.fault);
    const [there, lock] = await Promise.all([
      preflight.preservable(since),
      bucket ? preflight.objectLock(bucket.name) : undefined,
    ]);
    const lockSays = lock?.ok ? lock.value : undefined;
    const lockFault = lock && !lock.ok ? lock.fault.what : undefined;
    return planFor(target, preflight, {
      place: place.value,
      there: there.ok ? there.value : undefined,
      fault: there.ok ? undefined : there.fault.what,
      lock: lockSays,
      lockFault,
    });
  },
  async verify(done, preflight) {
    const { archive: file = '', key } = done.plan.baseline ?? {};
    const found = await preflight.archive(file);
    if (!found.ok)
      return done.uncertainty === undefined
        ? notYetBy(found.fault)
        : disproven(`${file} is not finished: run it again to continue`);
    const proof = archiveProof(found.value);
    const { bucket } = destinationOf(done.target);
    if (proof.state !== 'pass' || !bucket || key === undefined) return proof;
    return uploadProof(done, preflight, { file, bucket: bucket.name, key, because: proof.because });
  },
  within: 2 * minute,
  next: ({ plan }) => {
    const { archive } = plan.baseline ?? {};
    if (archive === undefined) return [];
    return [
      {
        command: `bentham-cockpit evidence verify ${quote(archive)}`,
        says: 'check the archive, here or where it is taken',
      },
    ];
  },
};

type Found = {
  place: ArchivePlace;
  there: Preservable | undefined;
  /** Why the cluster could not tell how much there is. */
  fault: string | undefined;
  lock: ObjectLock | undefined;
  lockFault: string | undefined;
};

function planFor(target: Target, preflight: Preflight, found: Found): Planned {
  const { context } = preflight;
  const { place, there, fault, lock, lockFault } = found;
  const { bucket } = destinationOf(target);
  const content = contentOf(target);
  const now = preflight.now();
  const since = parseSince(given(target, 'since'), now);
  const mostBytes = Number(given(target, 'max-size') || defaultGigabytes) * gigabyte;
  const within = Number(given(target, 'max-time') || defaultMinutes) * minute;
  const aboutBytes = (there?.logBytes ?? 0) + (there?.journalBytes ?? 0);
  const { unfinished } = place;
  const name = unfinished?.name ?? archiveName(context, now);
  const archive = `${place.directory}/${name}.tar.gz`;
  const needed = Math.min(aboutBytes, mostBytes) / packedShare + spareBytes;
  if (place.freeBytes < spareBytes)
    return refuse(
      `${place.directory} has ${formatBytes(place.freeBytes)} free`,
      `free space, or give another directory: ${formatBytes(needed)} are needed`,
    );
  const key = bucket && `${bucket.prefix}${name}.tar.gz`;
  const until = now + context.targets.retentionDays * day;
  const retain = lock?.enabled && !lock.retention ? { mode: 'GOVERNANCE' as const, until } : undefined;
  const upload: Call[] =
    bucket && key !== undefined
      ? [{ tool: 's3', bucket: bucket.name, do: { verb: 'upload', file: archive, key, lock: retain } }]
      : [];
  return planned({
    impact: [
      there
        ? `Saves about ${formatBytes(aboutBytes)} into one archive${content === 'whole' ? ', secrets included' : ', secrets redacted'}.`
        : 'Saves what can be read into one archive; how much is unknown.',
      ...(unfinished
        ? [
            `Continues ${unfinished.name}, begun ${formatInstant(unfinished.begun)}: ${formatBytes(unfinished.bytes)} in ${formatCounted(unfinished.files, 'finished file')} are kept.`,
          ]
        : []),
      ...(there ? [logsSay(there, since)] : []),
      `Events, objects and nodes (no Secrets, no ConfigMaps); sessions and locks; surfaces and readings; the journal (${formatBytes(there?.journalBytes ?? 0)}).`,
      `Ends after ${formatBytes(mostBytes)} or ${formatAge(within)}; ${formatBytes(place.freeBytes)} are free. Stopped, it continues when it is run again.`,
      ...(bucket ? [lockText(lock, lockFault, until), onlyWhenDone('s3:PutObject')] : []),
    ],
    warnings: [
      ...(content === 'whole'
        ? ['The archive contains secrets and personal data as they stand in the logs: treat it as a credential.']
        : []),
      ...(content === 'whole' && lock?.enabled
        ? ['Under Object Lock nobody can delete it before its retention ends.']
        : []),
      ...(fault === undefined ? [] : [`The cluster does not tell what there is: ${fault}.`]),
      ...(place.freeBytes < needed ? [`It may need ${formatBytes(needed)} of disk space; less is free.`] : []),
      ...(aboutBytes > mostBytes
        ? [`There is more than ${formatBytes(mostBytes)}: raise max-size, or give since.`]
        : []),
    ],
    note: `${content} evidence into ${archive}${key === undefined ? '' : `, then s3://${bucket?.name}/${key}`}`,
    calls: [
      {
        tool: 'preserve',
        archive,
        content,
        since,
        mostBytes,
        within,
        aboutBytes,
        incident: preflight.incident()?.key,
      },
      ...upload,
    ],
    ...undoOf(content, lock, bucket !== undefined),
    answered: [`directory ${place.directory}`, ...(bucket ? [`bucket ${bucket.name}`] : [])],
    preconditions: fingerprint(
      place.directory,
      unfinished?.name,
      content,
      since,
      mostBytes,
      within,
      key !== undefined,
      lock,
    ),
    baseline: key === undefined ? { archive } : { archive, key },
  });
}

function undoOf(
  content: Content,
  lock: ObjectLock | undefined,
  isUploaded: boolean,
): { undo?: string; instead?: string } {
  if (isUploaded && lock?.enabled) return { instead: 'Object Lock keeps the object until its retention ends' };
  if (content === 'whole') return { instead: 'whoever has a copy has the secrets: rotate them' };
  return { undo: isUploaded ? 'delete the file and the object' : 'delete the file' };
}

function logsSay({ pods, containers, previous, logBytes, sampled }: Preservable, since: Instant | undefined): string {
  const basis = sampled < containers ? `, by a sample of ${sampled}` : '';
  const from = since === undefined ? '' : ` since ${formatInstant(since)}`;
  return `Logs of ${formatCounted(containers, 'container')} in ${formatCounted(pods, 'pod')}${from}: about ${formatBytes(logBytes)}${basis}; ${formatCounted(previous, 'log')} from before a restart.`;
}

function lockText(lock: ObjectLock | undefined, fault: string | undefined, until: Instant): string {
  if (fault !== undefined) return `Object Lock of the bucket is unknown: ${fault}.`;
  if (!lock?.enabled) return 'The bucket has no Object Lock: who may delete objects may delete the archive.';
  const { retention } = lock;
  return retention
    ? `Object Lock: the bucket retains it for ${formatCounted(retention.days, 'day')} (${retention.mode}).`
    : `Object Lock: retained until ${formatInstant(until)} (GOVERNANCE, evidence.retentionDays).`;
}

/** Read back from the disk: what the manifest says of each file is so. */
function archiveProof({ file, bytes, sha256, files, contentBytes, manifest, problems }: ArchiveReport): Proof {
  if (problems.length > 0) return disproven(`${file}: ${problemsSay(problems)}`);
  const missing = manifest?.missing.length ?? 0;
  const partial = manifest?.partial.length ?? 0;
  const lacks = [
    ...(missing > 0 ? [formatCounted(missing, 'file missing', 'files missing')] : []),
    ...(partial > 0 ? [formatCounted(partial, 'partial file')] : []),
  ];
  const short = lacks.length > 0 ? `; ${lacks.join(', ')}: see manifest.json` : '';
  return proven(
    `${file}, ${formatBytes(bytes)}, sha256 ${sha256}: ${formatCounted(files, 'file')}, ${formatBytes(contentBytes)} unpacked${short}`,
  );
}

async function uploadProof(
  { uncertainty }: Execution,
  preflight: Preflight,
  { file, bucket, key, because }: { file: string; bucket: string; key: string; because: string },
): Promise<Proof> {
  const found = await preflight.uploaded(file, bucket, key);
  if (!found.ok) return uncertainty === undefined ? notYetBy(found.fault) : disproven(`${because}; not uploaded`);
  const { differs, lock } = found.value;
  const place = `s3://${bucket}/${key}`;
  if (differs !== undefined) return disproven(`${because}; ${place}: ${differs}`);
  const locked = lock ? `, locked until ${formatInstant(lock.until)} (${lock.mode})` : ', not locked';
  return proven(`${because}; ${place} has the same SHA-256${locked}`);
}
