// What the actions of a step did in this incident: it outranks what the last hour says.
import { type Offer, offersOn, type Step } from '../core/incident/checklist.ts';
import type { Incident, RunState } from '../core/incident/incident.ts';
import { type RunResult, runResult } from '../core/incident/run-result.ts';
import { surfaceOf } from '../core/incident/surface-record.ts';
import type { World } from '../core/world/world.ts';
import { knownOf } from './messages.ts';
import { standings, testsSay } from './surface-since.ts';

/** `openai-api` of `surface/openai-api`; '' for an object without a name. */
const nameOf = (object: string): string => object.slice(object.indexOf('/') + 1 || object.length);

/**
 * The last result of each action that a step offers, on each object, the newest first. `here`: sessions of the cockpits
 * that are open; without them every run may still go on.
 */
export function stepResults(
  step: Step,
  incident: Incident | undefined,
  world: World,
  here?: ReadonlySet<string>,
): readonly RunResult[] {
  if (!incident) return [];
  const last = new Map<string, { run: RunState; offer: Offer }>();
  for (const run of incident.runs) {
    const offer = step.offers?.find((one) => offersOn(one, run.action, run.target, world));
    if (offer) last.set(`${run.action} ${run.target}`, { run, offer });
  }
  return [...last.values()]
    .flatMap(({ run, offer }) => {
      // A step that acts on one thing only needs no name for it.
      const about = offer.target?.(world).deployment === undefined ? nameOf(run.target) : '';
      const result = runResult(run, { about, isAlone: here !== undefined && !here.has(run.session) });
      return result ? [withTests(result, run, incident, world)] : [];
    })
    .toSorted((a, b) => b.at - a.at);
}

/** A live test is told with those before it; a surface that was disabled or enabled with its tests since. */
function withTests(result: RunResult, run: RunState, incident: Incident, world: World): RunResult {
  const { action, target } = run;
  const id = surfaceOf(target);
  if (id === undefined) return result;
  const { switched, tests } = standings(world, knownOf(incident)).find((one) => one.id === id) ?? {};
  if (!tests || result.state === 'running' || result.state === 'unknown') return result;
  if (action === 'test-surface') {
    if (result.at !== tests.last.at) return result;
    return { ...result, says: `${id} ${testsSay(tests, world.now)}` };
  }
  if (switched?.at !== result.at) return result;
  const brief = runResult(run, { about: id, isBrief: true }) ?? result;
  return { ...result, says: `${brief.says}; ${testsSay(tests, world.now)}` };
}
