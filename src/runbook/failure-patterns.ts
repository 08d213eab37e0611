// SEV2's two looks, with the numbers of the runbook's own statements: failed jobs that were created within the hour.

import { sampledSays } from '../core/health/measure.ts';
import { disabledSays } from '../core/health/surfaces.ts';
import type { Evidence } from '../core/incident/checklist.ts';
import { disabledSince } from '../core/platform/surface-acts.ts';
import { formatCounted } from '../core/text/format.ts';
import { uncapitalized } from '../core/text/text.ts';
import { known, newest } from '../core/world/reading.ts';
import type { World } from '../core/world/world.ts';
import { causeOf } from './causes.ts';
import { errorMessages, failingSurfaces, mostlyFailing, surfaces } from './evidence.ts';

/** So many lines of each. */
const most = 5;

const facts = ({ readings, now }: World) => known(readings.surfaces, now);

/** Failures by surface, those that fail most first (runbook, SEV2 step 1). */
export function failurePatterns(world: World): readonly Evidence[] {
  const seen = facts(world)?.surfaces.filter(({ created }) => created !== undefined) ?? [];
  const failed = seen
    .flatMap(({ id, created }) => (created && created.failures > 0 ? [{ id, ...created }] : []))
    .toSorted((a, b) => b.failures - a.failures);
  if (failed.length === 0) return surfaces(world);
  const shares = new Map(failingSurfaces(world).map(({ id, says }) => [id, says]));
  const at = newest(world.readings.surfaces)?.at ?? world.now;
  return failed.slice(0, most).map(({ id, failures, studies, margin }) => {
    const share = shares.get(id);
    const disabled = disabledSince(world.surfaceActs, id);
    const off = disabled ? `${disabledSays(disabled, world.now).says}; ` : '';
    // Studies that the sample did not meet may be affected, too.
    const numbers = margin
      ? `${off}${sampledSays(failures, margin)} failures in at least ${formatCounted(studies, 'study', 'studies')}`
      : `${off}${formatCounted(failures, 'failure')} in ${formatCounted(studies, 'study', 'studies')}`;
    const because = share === undefined ? numbers : `${share}, ${numbers}`;
    return { subject: id, state: share === undefined && !disabled ? 'pass' : 'fail', because, at };
  });
}

/** Failures by message, with the runbook's cause and fix (runbook, SEV2 step 2 and Common Causes). */
export function failureMessages(world: World): readonly Evidence[] {
  const messages = facts(world)?.messages ?? [];
  if (messages.length === 0) return errorMessages(world);
  const bad = failingSurfaces(world).length > 0 || mostlyFailing(world).state === 'fail';
  const at = newest(world.readings.surfaces)?.at ?? world.now;
  return messages.slice(0, most).map(({ error, count, margin }) => {
    const cause = causeOf(error);
    const fix = cause
      ? ` → ${uncapitalized(cause.cause)}: ${uncapitalized(cause.fix)}`
      : ' → not in the runbook’s table';
    return {
      subject: `${sampledSays(count, margin)} ×`,
      state: bad ? 'fail' : 'pass',
      because: `“${error}”${fix}`,
      at,
    };
  });
}
