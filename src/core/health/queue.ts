// A stalled queue: executors that are Ready and do nothing look healthy everywhere else.
import { formatAge, formatCounted } from '../text/format.ts';
import { known } from '../world/reading.ts';
import type { World } from '../world/world.ts';
import type { Finding } from './finding.ts';
import { decide } from './rules/index.ts';
import { standsStill } from './rules/studies.ts';
import { isHeld } from './studies.ts';

/** Reported only if all three are known: jobs wait, none finishes, and a study makes no progress. */
export function evaluateQueue({ now, readings }: World): Finding[] {
  const studies = known(readings.studies, now);
  const surfaces = known(readings.surfaces, now);
  const waiting = studies?.queueDepth?.value ?? 0;
  const last = surfaces?.lastFinishedAt ?? surfaces?.lastFinished?.at;
  // None of the last hour, and which was the last before is not known, or there was none yet.
  const none = surfaces?.surfaces.length === 0 && !surfaces.estimated && !surfaces.doubt;
  if (waiting === 0 || (last === undefined ? !none : now - last <= standsStill)) return [];
  const still = studies?.active.some((study) => !isHeld(study) && now - study.progressedAt > standsStill);
  if (!still) return [];
  return [
    {
      id: 'studies/queue',
      area: 'studies',
      subject: 'queue',
      ...decide('queue/still'),
      says: `${formatCounted(waiting, 'job waits', 'jobs wait')}, and none has finished ${last === undefined ? 'in the last hour' : `for ${formatAge(now - last)}`}`,
      remedy: 'check the executors: logs, Redis, database',
    },
  ];
}
