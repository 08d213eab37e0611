// Disable, enable and test a surface (runbook: SEV3).

import type { Action, ActionId, Choice, Execution, Field, Proof, Target } from '../core/actions/action.ts';
import { likelyFirst } from '../core/actions/choices.ts';
import type { Preflight } from '../core/actions/preflight.ts';
import { disabledSays, surfacesHealth } from '../core/health/surfaces.ts';
import { finished, openJob } from '../core/platform/mapping.ts';
import { formatCount, formatPercent } from '../core/text/format.ts';
import { minute, second } from '../core/time.ts';
import { newest } from '../core/world/reading.ts';
import { adminCall, answeredByDatabase, counted, given, itsAnswer, needsAdmin, planned } from './plan.ts';
import { surfaceDoubt } from './surface-names.ts';

declare module '../core/actions/action.ts' {
  interface ActionIds {
    'disable-surface': true;
    'enable-surface': true;
    'test-surface': true;
  }
}

const surfaceField: Field = {
  name: 'surface',
  ask: 'which surface?',
  kind: 'text',
  choices: (world): readonly Choice[] =>
    likelyFirst(
      surfacesHealth(world, newest(world.readings.surfaces)?.value),
      ({ s }) => (s.finished > 0 ? s.failures / s.finished : 0),
      ({ s }) => s.id,
    ).map(({ s, disabled }) => ({
      value: s.id,
      says: disabled
        ? disabledSays(disabled, world.now).says
        : s.finished > 0
          ? `${formatPercent((100 * s.failures) / s.finished)} fail`
          : '',
    })),
};

const named = (target: Target) => given(target, 'surface');
const object = (target: Target) => `surface/${named(target)}`;

/** Who is affected: studies with open jobs on it, and its failures of the last hour. Needs SELECT only. */
async function usage(
  surface: string,
  preflight: Preflight,
): Promise<{ impact: readonly string[]; answered: readonly string[] }> {
  const who = await answeredByDatabase(preflight);
  const tables = await preflight.tables();
  if (!tables.ok) return { impact: [`Its use is unknown: ${tables.fault.what}`], answered: [] };
  const { jobs, job, jobIs, jobUnclear, types } = tables.value;
  const [open, recent] = [jobIs(...openJob), `${job.created} > now() - interval '1 hour'`];
  const found = await preflight.rows(
    'primary',
    `SELECT count(*) FILTER (WHERE ${open})::int AS open,
       count(DISTINCT ${job.study}) FILTER (WHERE ${open})::int AS studies,
       count(*) FILTER (WHERE ${jobIs('failed')} AND ${recent})::int AS failed,
       count(*) FILTER (WHERE ${jobIs(...finished)} AND ${recent})::int AS finished,
       count(*) FILTER (WHERE ${jobUnclear})::int AS unclear
     FROM ${jobs} WHERE ${job.surface} = $1::${types.surfaceId} AND (${recent} OR ${open} OR ${jobUnclear})`,
    [surface],
  );
  if (!who.ok || !found.ok) {
    const fault = who.ok ? (found.ok ? undefined : found.fault) : who.fault;
    return { impact: [`Its use is unknown: ${fault?.what ?? 'unknown'}`], answered: [] };
  }
  const [row] = found.value;
  const n = (name: string) => Number(row?.[name] ?? 0);
  return {
    impact: [
      `${counted(n('studies'), 'study uses', 'studies use')} it now, with ${formatCount(n('open'))} open jobs.`,
      `In the last hour ${formatCount(n('failed'))} of ${formatCount(n('finished'))} finished jobs failed on it.`,
      ...(n('unclear') > 0 ? [`${formatCount(n('unclear'))} of its jobs are in states that are not understood.`] : []),
    ],
    answered: [who.says],
  };
}

/** The command's answer, and the surface's failures since. The platform does not report which surfaces are enabled. */
async function withRate(done: Execution, preflight: Preflight): Promise<Proof> {
  const answer = itsAnswer(done);
  if (answer.state !== 'pass') return answer;
  const tables = await preflight.tables();
  if (!tables.ok) return answer;
  const { jobs, job, jobIs, types } = tables.value;
  const found = await preflight.rows(
    'primary',
    `SELECT count(*) FILTER (WHERE ${jobIs('failed')})::int AS failed, count(*)::int AS finished
     FROM ${jobs} WHERE ${job.surface} = $1::${types.surfaceId} AND ${jobIs(...finished)}
       AND ${job.ended} >= to_timestamp($2::float8)`,
    [named(done.target), done.startedAt / second],
  );
  const [row] = found.ok ? found.value : [];
  if (!row) return answer;
  const ended = Number(row.finished);
  const rate =
    ended > 0
      ? `${formatPercent((100 * Number(row.failed)) / ended)} of ${formatCount(ended)} ${ended === 1 ? 'job' : 'jobs'} failed`
      : 'no job finished';
  return { ...answer, because: `${answer.because}; ${rate} on it since` };
}

type Verb = 'disable' | 'enable' | 'test';

function surfaceAction(
  id: ActionId,
  verb: Verb,
  more: Pick<Action, 'title' | 'each' | 'about' | 'next'> & { says(surface: string): string },
): Action {
  return {
    id,
    risk: 'reversible',
    fields: [surfaceField],
    names: named,
    object,
    needs: (_, context) => [needsAdmin(context, verb === 'test' ? 'test:surface' : 'admin:surface')],
    async plan(target, preflight) {
      const surface = named(target);
      const made =
        verb === 'test'
          ? adminCall(preflight.context, 'test:surface', { surface }, '--live')
          : adminCall(preflight.context, 'admin:surface', verb, { surface });
      if (!made.ok) return made;
      const { call } = made;
      const doubt = await surfaceDoubt(surface, preflight);
      if (doubt && 'refused' in doubt) return doubt.refused;
      const { impact, answered } = await usage(surface, preflight);
      return planned({
        impact: [more.says(surface), ...impact],
        warnings: doubt ? [doubt.warning] : [],
        calls: [verb === 'test' ? { ...call, within: 5 * minute } : call],
        undo:
          verb === 'test'
            ? 'not needed: nothing is changed'
            : `${verb === 'disable' ? 'enable' : 'disable'} ${surface}`,
        answered: [...answered, preflight.context.admin.directory ?? 'this directory'],
        preconditions: surface,
      });
    },
    verify: async (done, preflight) => (verb === 'test' ? itsAnswer(done) : withRate(done, preflight)),
    within: minute,
    title: more.title,
    each: more.each,
    about: more.about,
    next: more.next,
  };
}

export const disableSurface = surfaceAction('disable-surface', 'disable', {
  title: 'Disable a surface',
  each: { field: 'surface', title: (surface) => `disable ${surface}` },
  says: (surface) => `New jobs on ${surface} wait until it is enabled again.`,
  about: {
    does: 'stops new jobs on a surface',
    looksAt: 'studies and open jobs that use it, its failures; the admin command is installed',
    calls: 'pnpm admin:surface disable SURFACE',
    proof: 'the command’s result, then the failure rate',
    undo: 'enable it',
    runbook: 'SEV3 step 1',
  },
  next: ({ target }) => [
    { action: 'test-surface', target, says: `test ${named(target)} live` },
    { action: 'enable-surface', target, says: `enable ${named(target)} when it is fixed`, undo: true },
  ],
});

export const enableSurface = surfaceAction('enable-surface', 'enable', {
  title: 'Enable a surface',
  each: { field: 'surface', title: (surface) => `enable ${surface}` },
  says: (surface) => `Jobs on ${surface} run again.`,
  about: {
    does: 'allows jobs on a surface again',
    looksAt: 'jobs that wait for it, its failures; the admin command is installed',
    calls: 'pnpm admin:surface enable SURFACE',
    proof: 'the command’s result, then the failure rate',
    undo: 'disable it',
    runbook: 'SEV3 step 4',
  },
  next: ({ target }) => [{ action: 'disable-surface', target, says: `disable ${named(target)} again`, undo: true }],
});

export const testSurface = surfaceAction('test-surface', 'test', {
  title: 'Test a surface live',
  each: { field: 'surface', title: (surface) => `test ${surface} live` },
  says: (surface) => `Sends one real request to ${surface}. The platform is not changed.`,
  about: {
    does: 'sends one real request to a surface',
    looksAt: 'its failures; the test command is installed',
    calls: 'pnpm test:surface SURFACE --live',
    proof: 'the command’s result',
    undo: 'nothing is changed',
    runbook: 'SEV3 step 3',
  },
  next: ({ target }) => [{ action: 'enable-surface', target, says: `enable ${named(target)}` }],
});
