// Clean up old evidence (runbook: Evidence Cleanup).
import type { Action, Suggestion, Target } from '../core/actions/action.ts';
import type { ActionContext, EvidenceObject } from '../core/actions/preflight.ts';
import { present } from '../core/present.ts';
import { formatBytes, formatCount, formatInstant } from '../core/text/format.ts';
import { byUtf8 } from '../core/text/utf8-order.ts';
import { day, type Instant, second } from '../core/time.ts';
import { evidenceWithHolds } from './evidence-holds.ts';
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
    'cleanup-evidence': true;
  }
}

/** S3 accepts 1,000 keys in one request; this is the limit of one run. */
const perRequest = 1000;
const mostObjects = 20_000;

/** Skipped objects that are named. */
const mostListed = 20;

/** The given days, or the configured retention. */
const daysOf = (target: Target, { targets }: ActionContext): number =>
  Number(given(target, 'days') || targets.retentionDays);

function byStudy(objects: readonly EvidenceObject[]): readonly (readonly [string, number, number])[] {
  const found = new Map<string, [number, number]>();
  for (const { key, bytes } of objects) {
    const study = key.split('/')[0] ?? key;
    const [n, sum] = found.get(study) ?? [0, 0];
    found.set(study, [n + 1, sum + bytes]);
  }
  return [...found].map(([study, [n, bytes]]) => [study, n, bytes] as const).sort((a, b) => b[2] - a[2]);
}

/** The same with the objects that were not looked through; nothing where there are none. */
const goOn = (target: Target, after: string | undefined): readonly Suggestion[] =>
  after === undefined
    ? []
    : [{ action: 'cleanup-evidence', target: { ...target, after }, says: 'go on with the objects behind them' }];

/** `older than 30 days (before 2025-12-18 03:14Z)`. */
const ageSays = (days: number, before: Instant) =>
  `older than ${counted(days, 'day')} (before ${formatInstant(before)})`;

export const cleanupEvidence: Action = {
  id: 'cleanup-evidence',
  title: 'Clean up old evidence',
  also: 's3',
  risk: 'irreversible',
  about: {
    does: 'deletes evidence objects under a prefix that are older than a number of days (default: evidence.retentionDays)',
    looksAt:
      'objects and bytes per study, newest and oldest; objects under legal hold, also by their study, or retention (listed, not deleted); versioning',
    calls: 'aws s3api delete-objects --bucket BUCKET --delete …',
    proof: 'the prefix, listed again, has none of the deleted objects',
    undo: 'in a versioned bucket, until it expires the old versions: restore-deleted-evidence; else none',
    runbook: 'Evidence Cleanup',
  },
  fields: [
    { name: 'prefix', ask: 'which prefix? (study_…/)', kind: 'text' },
    {
      name: 'days',
      ask: 'older than how many days?',
      empty: 'evidence.retentionDays',
      kind: 'number',
      range: [1, 9999],
      optional: true,
    },
    afterField,
  ],
  names: (target) => given(target, 'prefix'),
  object: (_, { targets }) => `bucket/${targets.bucket}`,
  needs: () => [],
  async plan(target, preflight) {
    const prefix = given(target, 'prefix');
    const { bucket, retentionDays } = preflight.context.targets;
    const days = daysOf(target, preflight.context);
    const before = preflight.now() - days * day;
    if (prefix === '') return refuse('no prefix is given', 'deleting the whole bucket is not supported: give a prefix');
    if (!(Number.isInteger(days) && days > 0))
      return refuse(`days cannot be ${given(target, 'days')}`, 'give a whole number of days from 1');
    const after = afterOf(target);
    const found = await evidenceWithHolds(preflight, { prefix, before, most: mostObjects, after });
    if (!found.ok) return refusedBy(found.fault);
    const { objects, resume, versioned, unspeakable, listed, bounded, unasked } = found.value;
    if (listed === 0 && after === undefined) return unknownEvidence('evidence under', prefix, preflight);
    const held = objects.filter((o) => o.held !== undefined);
    const free = objects.filter((o) => o.held === undefined);
    if (free.length === 0)
      return {
        ...refuse(
          held.length > 0
            ? `all ${formatCount(held.length)} old objects are protected: ${held[0]?.key.slice(0, 80)} (${held[0]?.held})`
            : `nothing under ${prefix.slice(0, 80)} is ${ageSays(days, before)}`,
          resume === undefined ? 'nothing to delete' : lookedThrough(listed, resume),
        ),
        next: goOn(target, resume),
      };
    const times = free.map((o) => o.modifiedAt);
    const bytes = free.reduce((sum, o) => sum + o.bytes, 0);
    const keys = free.map((o) => o.key);
    const studies = byStudy(free);
    return planned({
      impact: [
        `Deletes ${formatCount(free.length)} objects (${formatBytes(bytes)}) under ${prefix}, ${ageSays(days, before)}.`,
        `Oldest ${formatInstant(Math.min(...times))}, newest ${formatInstant(Math.max(...times))}.`,
        ...studies.slice(0, 5).map(([study, n, size]) => `${study}: ${formatCount(n)} objects, ${formatBytes(size)}`),
        ...(held.length > 0
          ? [
              `Skips ${formatCount(held.length)} protected objects: ${held
                .slice(0, mostListed)
                .map((o) => `${o.key} (${o.held})`)
                .join(', ')}${held.length > mostListed ? ' …' : '.'}`,
            ]
          : []),
        ...(unspeakable > 0
          ? [`Skips ${formatCount(unspeakable)} objects: their names contain characters that cannot be shown.`]
          : []),
        onlyWhenDone('s3:DeleteObject'),
      ],
      warnings: [
        ...(studies.length > 1
          ? [`The prefix matches ${studies.length} studies, not one: end it with / to mean a single study.`]
          : []),
        ...(days < retentionDays
          ? [
              `${counted(days, 'day')} is less than the retention (evidence.retentionDays: ${retentionDays}): this deletes evidence that must be kept.`,
            ]
          : []),
        ...(unasked ? [`Legal holds of studies are unknown: ${unasked}.`] : []),
        ...(resume === undefined
          ? []
          : [
              bounded
                ? lookedThrough(listed, resume)
                : `One run deletes at most ${formatCount(mostObjects)}: the next one can go on behind ${positionSays(resume)}.`,
            ]),
        ...(after === undefined ? [] : [`Objects up to ${positionSays(after)} are not looked at.`]),
      ],
      note: `${prefix}: ${formatCount(free.length)} objects ${ageSays(days, before)}; evidence.retentionDays is ${retentionDays}`,
      calls: Array.from({ length: Math.ceil(keys.length / perRequest) }, (_, at) => ({
        tool: 's3' as const,
        bucket,
        do: { verb: 'delete' as const, keys: keys.slice(at * perRequest, (at + 1) * perRequest) },
      })),
      ...(versioned
        ? { undo: 'restore-deleted-evidence, until the bucket expires or removes the old versions' }
        : {
            instead:
              versioned === false ? 'the bucket is not versioned' : 'the versioning of the bucket cannot be read',
          }),
      answered: [`bucket ${bucket}`],
      preconditions: fingerprint(
        free.map((o) => [o.key, o.modifiedAt, o.bytes]),
        held.map((o) => [o.key, o.held]),
        versioned,
      ),
      baseline: {
        before: String(before),
        versioned: String(versioned === true),
        last: keys.toSorted(byUtf8).at(-1) ?? '',
        count: String(keys.length),
        ...present({ resume }),
      },
    });
  },
  async verify({ target, plan }, preflight) {
    const { before, last = '', count = '' } = plan.baseline ?? {};
    const cutoff = Number(before ?? preflight.now() - daysOf(target, preflight.context) * day);
    const found = await evidenceWithHolds(preflight, {
      ...{ prefix: given(target, 'prefix'), before: cutoff, most: mostObjects },
      ...{ after: afterOf(target), until: last },
    });
    if (!found.ok) return notYetBy(found.fault);
    // Checks every deleted object, not a sample.
    const left = found.value.objects.filter((o) => o.held === undefined && byUtf8(o.key, last) <= 0);
    if (left.length > 0)
      return notYet(`${formatCount(left.length)} of ${formatCount(Number(count))} are still listed: ${left[0]?.key}`, {
        done: Number(count) - left.length,
        total: Number(count),
        unit: 'objects',
      });
    // Objects that were written since may come before those that were deleted.
    if (found.value.bounded) return notYet(`only ${formatCount(found.value.listed)} objects were looked through`);
    return proven(`none of the ${formatCount(Number(count))} remains`);
  },
  within: 20 * second,
  next: (done) => [
    ...goingOn(done, goOn(done.target, done.plan.baseline?.resume)),
    ...(done.plan.baseline?.versioned === 'true'
      ? [
          {
            action: 'restore-deleted-evidence' as const,
            target: present({ prefix: given(done.target, 'prefix'), after: afterOf(done.target) }),
            says: 'restore what was deleted',
            undo: true as const,
          },
        ]
      : []),
  ],
};

const lookedThrough = (listed: number, resume: string): string =>
  `${formatCount(listed)} objects were looked through; go on behind ${positionSays(resume)}.`;
