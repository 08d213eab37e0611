// What still speaks against ending an incident. A person decides; what was open is shown first and recorded.
import { nameOfRun } from '../core/actions/plan-text.ts';
import { lastFix } from '../core/incident/fix.ts';
import { type Incident, unfinished } from '../core/incident/incident.ts';
import { formatClock } from '../core/text/format.ts';
import { shortenings } from '../core/text/text.ts';
import type { World } from '../core/world/world.ts';
import { findings } from './evidence.ts';
import { neededSteps, phaseSays, untoldChannels } from './messages.ts';
import { findingSince, type Since } from './read-since.ts';

/** Mitigated: users can work again. Resolved: nothing is left to do. */
export type Ending = 'mitigate' | 'resolve';

/**
 * `critical` a fact, `unread` one that was critical and was not read again since the last action, `falling` one whose window
 * still holds what was before that action, `run` an action without an end, `step` of the checklist, `page` at PagerDuty.
 */
export type OpenItem = { code: 'critical' | 'unread' | 'falling' | 'run' | 'step' | 'page'; says: string };

/** As many facts and steps are named; of the others the count. */
const named = 4;

function several(code: OpenItem['code'], all: readonly string[], one: string, many: string): readonly OpenItem[] {
  if (all.length === 0) return [];
  const more = all.length > named ? `; and ${all.length - named} more` : '';
  const what = all.length === 1 ? one : `${all.length} ${many}`;
  return [{ code, says: `${what}: ${all.slice(0, named).join('; ')}${more}` }];
}

/** The most urgent first; empty: nothing speaks against it. Steps and the page matter to the resolution only. */
export function stillOpen(ending: Ending, incident: Incident, world: World): readonly OpenItem[] {
  const bad = criticalItems(incident, world);
  const runs = unfinished(incident).map((run) => `${nameOfRun(run)} ${phaseSays[run.phase]}`);
  const running = several('run', runs, 'action without an end', 'actions without an end');
  if (ending === 'mitigate') return [...bad, ...running];
  const steps = neededSteps(incident, world).map(({ say }) => say);
  const page = untoldChannels(incident).filter(({ channel }) => channel === 'pagerduty');
  return [
    ...bad,
    ...running,
    ...several('step', steps, 'open step', 'open steps'),
    ...page.map(({ name }): OpenItem => ({ code: 'page', says: `the page at ${name} is not resolved` })),
  ];
}

/** What is critical, by whether it was read since the last action that may have fixed it. */
function criticalItems(incident: Incident, world: World): readonly OpenItem[] {
  const fix = lastFix(incident);
  const critical = findings(world)
    .filter(({ verdict }) => verdict === 'critical')
    .map((finding) => ({
      says: `${finding.subject} ${finding.short ?? shortenings(finding.says).at(-1) ?? finding.says}`,
      since: fix ? findingSince(finding, world, fix.at) : ({ state: 'read' } as const),
    }));
  const named = (state: Since['state']) =>
    critical.filter(({ since }) => since.state === state).map(({ says }) => says);
  const at = formatClock(fix?.at ?? world.now);
  const leaves = Math.max(world.now, ...critical.map(({ since }) => (since.state === 'falling' ? since.leaves : 0)));
  const falling = `falling, older samples leave by ${formatClock(leaves)}`;
  const unread = `not read again since ${at}, when the last action ended`;
  return [
    ...several('critical', named('read'), 'still critical', 'still critical'),
    ...several('unread', named('unread'), unread, unread),
    ...several('falling', named('falling'), falling, falling),
  ];
}
