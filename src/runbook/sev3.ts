import type { Check, Target } from '../core/actions/action.ts';
import { type Checklist, type Evidence, type Known, type Recommendation, sum } from '../core/incident/checklist.ts';
import { formatPercent } from '../core/text/format.ts';
import { isPlain } from '../core/text/shell.ts';
import { known as fresh } from '../core/world/reading.ts';
import type { World } from '../core/world/world.ts';
import { disabledSurfaces, failingSurfaces, surfaces } from './evidence.ts';
import { pools } from './pools.ts';
import { disabledNow, enableAdvice, sinceSays, standings, surfacesSince } from './surface-since.ts';

/** The surface that is disabled; else the one that fails most. */
const concerned = (world: World): string | undefined => disabledSurfaces(world)[0] ?? failingSurfaces(world)[0]?.id;

/**
 * A surface, or the runbook's example: for commands that a person reads before typing them. pnpm may hand it to a shell
 * once more, whatever its quotes: a name that a shell could read as code is not filled in.
 */
const typed = (id = 'openai-api'): string => (isPlain(id) ? id : '<surface>');

const targetOf = (id: string | undefined): Target => (id === undefined ? {} : { surface: id });

/** To disable: a failing one. Without one the action asks. */
const toDisable = (world: World): Target => targetOf(failingSurfaces(world)[0]?.id);
/** To test or enable: the one that was disabled, else one that fails. */
const toTest = (world: World): Target => targetOf(concerned(world));

/** It is done: what failed is disabled, and nothing else fails. */
const isOff = (world: World): boolean => disabledSurfaces(world).length > 0 && failingSurfaces(world).length === 0;

/** One surface fails while others work. */
function oneSurface(world: World): Check {
  const failing = failingSurfaces(world);
  const [off] = disabledSurfaces(world);
  if (off !== undefined && failing.length === 0) return { state: 'fail', because: `${off} ${sinceSays(world, off)}` };
  const [first] = surfaces(world, 1);
  if (first?.state !== 'fail' || failing.length === 0) return first ?? { state: 'unknown', because: 'not measured' };
  const names = failing.map((s) => `${s.id} ${formatPercent(s.share)}`).join(', ');
  return { state: 'fail', because: failing.length === 1 ? names : `${failing.length} fail: ${names}` };
}

function others(world: World): Check {
  const all = fresh(world.readings.surfaces, world.now)?.surfaces.filter((s) => s.finished > 0);
  if (!all || all.length === 0) return { state: 'unknown', because: surfaces(world)[0]?.because ?? 'not measured' };
  const out = failingSurfaces(world).length + all.filter(({ id }) => disabledSurfaces(world).includes(id)).length;
  const working = all.length - out;
  // A symptom that is there, in the words of the runbook, though nothing is wrong with it alone.
  if (out === 0) return { state: 'fail', because: `all ${all.length} work` };
  return working > 0
    ? { state: 'fail', because: `${working} of ${all.length} work normally` }
    : { state: 'pass', because: `none of ${all.length} works: this is more than one surface` };
}

function recommendEnable(world: World, known: Known): Recommendation {
  const since = enableAdvice(world, known);
  if (since) return since;
  const state = oneSurface(world);
  if (state.state === 'unknown') return { answer: 'unsure', because: state.because };
  return state.state === 'pass'
    ? { answer: 'yes', because: 'no surface fails now' }
    : { answer: 'no', because: `still failing in the last hour: ${state.because}` };
}

/** What was acted on, by what is so since; the others by the last hour. */
function failing(world: World, known: Known): readonly Evidence[] {
  const since = surfacesSince(world, known);
  const acted = new Set(since.map(({ subject }) => subject));
  const others = surfaces(world).filter(({ subject }) => !acted.has(subject));
  return [...since, ...(since.length > 0 ? others.filter(({ subject }) => subject !== 'surfaces') : others)];
}

/** A live test of this incident decides; without one what the surfaces did. */
const tested = (world: World, known: Known): Check | undefined => {
  const [last] = standings(world, known).filter(({ tests }) => tests !== undefined);
  return last && surfacesSince(world, known).find(({ subject }) => subject === last.id);
};

const summed = (evidence: readonly Evidence[]): Check => sum(evidence) ?? { state: 'unknown', because: 'not measured' };

export const sev3: Checklist = {
  id: 'sev3',
  title: 'Single surface failing',
  from: 'runbook',
  section: 'Incident Response',
  severity: 3,
  about: 'One surface adapter returns errors, the others work normally.',
  symptoms: [
    { id: 'sev3/one', say: 'One surface adapter returning errors', check: oneSurface, counts: 'surfaces' },
    { id: 'sev3/others', say: 'Other surfaces working normally', check: others, counts: 'surfaces' },
  ],
  steps: [
    {
      id: 'sev3/disable',
      say: 'Disable the surface temporarily',
      evidence: failing,
      check: (world, known) => disabledNow(world, known) ?? summed(failing(world, known)),
      more: ['Where the checkout has no admin:surface command, pause the studies that use the surface instead.'],
      offers: [
        { action: 'disable-surface', title: 'disable surface', target: toDisable, onlyWhile: (world) => !isOff(world) },
        { action: 'pause-study', title: 'pause a study' },
      ],
      byHand: (t, world) =>
        isOff(world) ? [] : [`${t.admin} admin:surface disable ${typed(failingSurfaces(world)[0]?.id)}`],
    },
    {
      id: 'sev3/specific-issues',
      say: 'Check surface-specific issues',
      evidence: (world, known) => [...failing(world, known), ...pools(world)],
      links: [
        { title: 'OpenAI status', url: 'https://status.openai.com' },
        { title: 'Anthropic status', url: 'https://status.anthropic.com' },
      ],
      goes: { screen: 'surfaces', title: 'the surfaces' },
    },
    {
      id: 'sev3/test',
      say: 'Test surface manually',
      evidence: failing,
      check: (world, known) => tested(world, known) ?? summed(failing(world, known)),
      offers: [{ action: 'test-surface', title: 'test surface', target: toTest }],
      byHand: (t, world) => [`${t.admin} test:surface ${typed(concerned(world))} --live`],
    },
    {
      id: 'sev3/enable',
      say: 'Re-enable when fixed',
      decision: { question: 'is the surface fixed, and enabled again?', recommend: recommendEnable },
      evidence: failing,
      offers: [{ action: 'enable-surface', title: 'enable surface', target: toTest }],
      byHand: (t, world) => [`${t.admin} admin:surface enable ${typed(concerned(world))}`],
      waits: { for: 'the surface to be fixed', remind: 30 * 60_000 },
    },
  ],
};
