// Restore a version of an evidence file (runbook: Evidence Recovery).
import type { Action, Choice } from '../core/actions/action.ts';
import { type EvidenceVersion, mostObjectVersions } from '../core/actions/evidence-found.ts';
import { formatBytes, formatCount, formatInstant } from '../core/text/format.ts';
import { unknownEvidence } from './evidence-names.ts';
import { given, notYet, notYetBy, onlyWhenDone, planned, proven, refuse, refusedBy } from './plan.ts';

declare module '../core/actions/action.ts' {
  interface ActionIds {
    'restore-evidence': true;
  }
}

/** CopyObject accepts objects of 5 GB at most (Amazon S3, API reference). */
const largestCopy = 5 * 1024 ** 3;

/** The lock of a version, after its description. */
const lockSays = ({ held }: EvidenceVersion): string => (held ? `, ${held}` : '');

export const restoreEvidence: Action = {
  id: 'restore-evidence',
  title: 'Restore a version of an evidence file',
  also: 's3',
  risk: 'data',
  about: {
    does: 'copies an earlier version of an object over the current one; no version is lost',
    looksAt: 'versions with time, size, delete markers, legal hold and retention',
    calls: 'aws s3api copy-object --copy-source BUCKET/KEY?versionId=… --key KEY',
    proof: 'the current version equals the chosen one',
    undo: 'restore the version that was current, while the bucket keeps it',
    runbook: 'Evidence Recovery',
  },
  fields: [
    { name: 'file', ask: 'which object? (key)', kind: 'text' },
    {
      name: 'version',
      ask: 'which version?',
      kind: 'text',
      async look(target, preflight): Promise<readonly Choice[]> {
        const found = await preflight.versions(given(target, 'file'));
        if (!found.ok) return [];
        return found.value
          .filter((v) => !v.marker && !v.latest)
          .map((v) => ({ value: v.versionId, says: `${formatInstant(v.at)}, ${formatBytes(v.bytes)}${lockSays(v)}` }));
      },
    },
  ],
  names: (target) => given(target, 'file'),
  object: (target) => `evidence/${given(target, 'file')}`,
  needs: () => [],
  async plan(target, preflight) {
    const key = given(target, 'file');
    const found = await preflight.versions(key);
    if (!found.ok) return refusedBy(found.fault);
    const wanted = given(target, 'version');
    const chosen = found.value.find((v) => v.versionId === wanted && !v.marker);
    const known = found.value.filter((v) => !v.marker).map((v) => v.versionId);
    if (found.value.length === 0) return unknownEvidence('evidence', key, preflight);
    if (!chosen && found.value.length >= mostObjectVersions)
      return refuse(
        `${wanted.slice(0, 60)} is not among the newest ${formatCount(mostObjectVersions)} versions of ${key.slice(0, 80)}`,
        'restore an older one by hand: aws s3api copy-object --copy-source …?versionId=…',
      );
    if (!chosen)
      return refuse(
        `${key.slice(0, 80)} has no version ${wanted.slice(0, 60)}`,
        known.length > 0 ? `there are ${known.slice(0, 5).join(', ')}` : 'check its key',
      );
    if (chosen.bytes > largestCopy)
      return refuse(
        `it has ${formatBytes(chosen.bytes)}: S3 copies at most 5 GB in one request`,
        'copy it in parts by hand: aws s3api create-multipart-upload, upload-part-copy',
      );
    if (chosen.archived)
      return refuse(
        `that version is archived (${chosen.archived})`,
        'bring it back first: aws s3api restore-object --version-id … --restore-request Days=7',
      );
    if (chosen.latest) return refuse('it is already the current version', 'nothing to restore');
    const current = found.value.find((v) => v.latest);
    const { bucket } = preflight.context.targets;
    return planned({
      impact: [
        `Restores ${key} as of ${formatInstant(chosen.at)} (${formatBytes(chosen.bytes)}${lockSays(chosen)}).`,
        current?.marker
          ? `It was deleted at ${formatInstant(current.at)}; the delete marker stays in its history.`
          : `The current version (${formatInstant(current?.at ?? 0)}, ${formatBytes(current?.bytes ?? 0)}${current ? lockSays(current) : ''}) stays in its history.`,
        ...(chosen.held || current?.held
          ? ['Legal hold and retention are not copied: the new version gets the bucket’s defaults.']
          : []),
        onlyWhenDone('s3:PutObject, and s3:GetObjectVersion of that version,'),
      ],
      calls: [{ tool: 's3', bucket, do: { verb: 'restore-version', key, versionId: chosen.versionId } }],
      undo:
        current && !current.marker
          ? `restore version ${current.versionId}, while the bucket keeps it`
          : 'delete it again',
      answered: [`bucket ${bucket}`],
      preconditions: `${current?.versionId} ${chosen.versionId}`,
      baseline: {
        etag: chosen.etag,
        bytes: String(chosen.bytes),
        was: current && !current.marker ? current.versionId : '',
      },
    });
  },
  async verify({ target, plan }, preflight) {
    const found = await preflight.versions(given(target, 'file'));
    if (!found.ok) return notYetBy(found.fault);
    const current = found.value.find((v) => v.latest);
    if (!current || current.marker) return notYet('it is still deleted');
    if (current.etag === plan.baseline?.etag) return proven(`the current version has its content (${current.etag})`);
    // A copy of a multipart upload has another ETag.
    return String(current.bytes) === plan.baseline?.bytes
      ? proven('the current version has its size')
      : notYet('a different version is current');
  },
  within: 20_000,
  next: ({ target, plan }) =>
    plan.baseline?.was
      ? [
          {
            action: 'restore-evidence',
            target: { file: given(target, 'file'), version: plan.baseline.was },
            says: 'restore the version that was current',
            undo: true,
          },
        ]
      : [],
};
