// Restore everything that was deleted below a prefix: a whole study in one action (runbook: Evidence Recovery).
import type { Action, Planned, Suggestion, Target } from '../core/actions/action.ts';
import type { DeletedFound, Preflight } from '../core/actions/preflight.ts';
import { present } from '../core/present.ts';
import { formatBytes, formatCount, formatInstant } from '../core/text/format.ts';
import { second } from '../core/time.ts';
import { afterField, afterOf, positionSays, unknownEvidence } from './evidence-names.ts';
import {
  counted,
  fingerprint,
  given,
  goingOn,
  notYet,
  notYetBy,
  onlyWhenDone,
  planned,
  proven,
  refuse,
  refusedBy,
} from './plan.ts';

declare module '../core/actions/action.ts' {
  interface ActionIds {
    'restore-deleted-evidence': true;
  }
}

/** One run restores so many at most, each by a request of its own. */
const mostObjects = 5000;

/** CopyObject takes objects of 5 GB at most (Amazon S3, API reference). */
const largestCopy = 5 * 1024 ** 3;

const restorable = ({ deleted }: DeletedFound) =>
  deleted.filter(({ archived, bytes }) => archived === undefined && bytes <= largestCopy);

const lookedThrough = ({ deleted, live, lost, unspeakable }: DeletedFound) =>
  deleted.length + live + lost + unspeakable;

const askOf = (target: Target) => ({
  ...{ prefix: given(target, 'prefix'), most: mostObjects, after: afterOf(target) },
});

/** The same with the objects that were not looked through; nothing where there are none. */
const goOn = (target: Target, after: string | undefined): readonly Suggestion[] =>
  after === undefined
    ? []
    : [
        {
          action: 'restore-deleted-evidence',
          target: { ...target, after },
          says: 'go on with the objects behind them',
        },
      ];

const beyond = (found: DeletedFound, resume: string) =>
  `${formatCount(lookedThrough(found))} objects were looked through; go on behind ${positionSays(resume)}.`;

/** Why nothing can be restored. */
async function refusedFor(
  target: Target,
  found: DeletedFound,
  preflight: Preflight,
): Promise<Extract<Planned, { ok: false }>> {
  const [first] = found.deleted;
  if (first?.archived)
    return refuse(
      `${counted(found.deleted.length, 'deleted object')}, all archived (${first.archived})`,
      'bring them back first: aws s3api restore-object --restore-request Days=7 …',
    );
  if (first) return refuse(`all deleted objects have more than 5 GB`, 'copy them in parts: aws s3api upload-part-copy');
  if (found.lost > 0)
    return refuse(
      `${counted(found.lost, 'deleted object')}, and no version of them is left`,
      'restore them from a backup',
    );
  const { prefix, after } = askOf(target);
  const under = prefix.slice(0, 80);
  if (found.resume !== undefined)
    return refuse(
      `none of the ${after === undefined ? 'first' : 'next'} ${formatCount(lookedThrough(found))} objects under ${under} is deleted`,
      beyond(found, found.resume),
    );
  if (after !== undefined)
    return refuse(`nothing under ${under} behind ${positionSays(after)} is deleted`, 'nothing to restore');
  if (found.live > 0)
    return refuse(`nothing under ${under} is deleted: ${counted(found.live, 'object')}`, 'nothing to restore');
  return unknownEvidence('evidence under', prefix, preflight);
}

export const restoreDeletedEvidence: Action = {
  id: 'restore-deleted-evidence',
  title: 'Restore deleted evidence under a prefix',
  also: 's3 undelete',
  risk: 'data',
  about: {
    does: 'copies the newest version of every deleted object under a prefix; objects that exist are not touched',
    looksAt:
      'versions and delete markers under the prefix; archived objects and objects without a version are left out',
    calls: 'aws s3api copy-object --copy-source BUCKET/KEY?versionId=… --key KEY, for each object',
    proof: 'every restored object is listed again with the content that it had',
    undo: 'delete them by hand: aws s3 rm (cleanup-evidence takes old ones only)',
    runbook: 'Evidence Recovery',
  },
  fields: [{ name: 'prefix', ask: 'which prefix? (study_…/)', kind: 'text' }, afterField],
  names: (target) => given(target, 'prefix'),
  object: (target) => `evidence/${given(target, 'prefix')}`,
  needs: () => [],
  async plan(target, preflight) {
    const { prefix, after } = askOf(target);
    if (prefix === '') return refuse('no prefix is given', 'give the study’s prefix: study_…/');
    const found = await preflight.deletedEvidence(askOf(target));
    if (!found.ok) return refusedBy(found.fault);
    const chosen = restorable(found.value);
    const { deleted, live, lost, unspeakable, resume } = found.value;
    if (chosen.length === 0)
      return { ...(await refusedFor(target, found.value, preflight)), next: goOn(target, resume) };
    const { bucket } = preflight.context.targets;
    const deletedAt = chosen.map((one) => one.deletedAt);
    const bytes = chosen.reduce((sum, one) => sum + one.bytes, 0);
    const left = deleted.length - chosen.length;
    return planned({
      impact: [
        `Restores ${counted(chosen.length, 'deleted object')} (${formatBytes(bytes)}) under ${prefix}.`,
        `Deleted between ${formatInstant(Math.min(...deletedAt))} and ${formatInstant(Math.max(...deletedAt))}.`,
        `${counted(live, 'object')} that ${live === 1 ? 'exists' : 'exist'} there ${live === 1 ? 'is' : 'are'} not touched.`,
        'Legal hold and retention are not copied: the objects get the bucket’s defaults.',
        onlyWhenDone('s3:PutObject and s3:GetObjectVersion'),
      ],
      warnings: [
        ...(left > 0 ? [`${counted(left, 'object')} archived or larger than 5 GB: not restored.`] : []),
        ...(lost > 0 ? [`${counted(lost, 'object')} cannot be restored: no version is left.`] : []),
        ...(unspeakable > 0 ? [`${counted(unspeakable, 'object')} left out: names that cannot be shown.`] : []),
        ...(resume === undefined ? [] : [beyond(found.value, resume)]),
        ...(after === undefined ? [] : [`Objects up to ${positionSays(after)} are not looked at.`]),
      ],
      calls: [
        {
          tool: 's3',
          bucket,
          do: { verb: 'restore-versions', versions: chosen.map(({ key, versionId }) => ({ key, versionId })) },
        },
      ],
      undo: 'delete them by hand: aws s3 rm (cleanup-evidence takes old ones only)',
      answered: [`bucket ${bucket}`],
      preconditions: fingerprint(chosen.map(({ key, versionId }) => [key, versionId])),
      baseline: present({ count: String(chosen.length), restored: String(found.value.restored), resume }),
    });
  },
  async verify({ target, plan }, preflight) {
    const found = await preflight.deletedEvidence(askOf(target));
    if (!found.ok) return notYetBy(found.fault);
    const { differs, restored } = found.value;
    const count = Number(plan.baseline?.count ?? 0);
    const back = restored - Number(plan.baseline?.restored ?? 0);
    const left = restorable(found.value);
    const progress = { done: Math.max(0, back), total: count, unit: 'objects' };
    if (left.length > 0)
      return notYet(
        `${formatCount(left.length)} of ${formatCount(count)} are still deleted: ${left[0]?.key}`,
        progress,
      );
    if (back < count)
      return notYet(
        `${formatCount(back)} of ${formatCount(count)} have their content: ${differs[0] ?? 'the others are not listed'}`,
        progress,
      );
    return proven(`all ${formatCount(count)} are listed with their content`);
  },
  within: 30 * second,
  next: (done) => goingOn(done, goOn(done.target, done.plan.baseline?.resume)),
};
