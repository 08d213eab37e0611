// Pause and resume a study. The platform's API does it; the runbook has no such procedure.
import type { Action, ActionId } from '../../core/actions/action.ts';
import { type Meaning, meaningOf } from '../../core/platform/mapping.ts';
import { literal } from '../../core/text/sql.ts';
import { second } from '../../core/time.ts';
import { newest } from '../../core/world/reading.ts';
import type { World } from '../../core/world/world.ts';
import { given, planned, refuse, refusedBy } from '../plan.ts';
import {
  jobsByState,
  objectOf,
  primaryAway,
  statesSay,
  studyField,
  studyOf,
  table,
  text,
  writableStudy,
} from './study.ts';
import { baselineOf, byField, proveState, type Verb, wayOf } from './way.ts';

declare module '../../core/actions/action.ts' {
  interface ActionIds {
    'pause-study': true;
    'resume-study': true;
  }
}

type Control = Pick<Action, 'title' | 'about'> & {
  id: ActionId;
  verb: Verb;
  /** The states it starts from, and the resulting state. */
  from: readonly Meaning[];
  to: Meaning;
  /** What else the platform may say when it is done. */
  also: readonly Meaning[];
  impact: string;
  back: { action: ActionId; undo: string; says: string };
};

const inState = (world: World, meanings: readonly Meaning[]) =>
  (newest(world.readings.studies)?.value.active ?? []).filter(({ status }) =>
    meanings.some((meaning) => meaning === meaningOf('study', status)),
  );

function control({ id, verb, from, to, also, impact, back, ...more }: Control): Action {
  return {
    id,
    risk: 'reversible',
    fields: [
      {
        ...studyField,
        choices: (world) => inState(world, from).map((s) => ({ value: s.id, says: `${s.status}, ${s.tenant}` })),
      },
      byField,
    ],
    names: studyOf,
    object: objectOf,
    unavailable: primaryAway,
    needs: table('studies', ['SELECT']),
    async plan(target, preflight) {
      const found = await writableStudy(target, preflight);
      if ('planned' in found) return found.planned;
      const { study, row, tables } = found;
      const status = text(row, 'status');
      const meaning = meaningOf('study', status);
      if (meaning === to) return refuse(`it is already ${status}`, 'nothing to do');
      if (meaning !== undefined && !from.includes(meaning))
        return refuse(
          `it is ${status}: only a study that is ${from.join(' or ')} can be ${verb}d`,
          'choose another study',
        );
      const way = await wayOf({ verb, study, row, tables, wanted: given(target, 'by') || 'auto', to }, preflight);
      if ('planned' in way) return way.planned;
      const jobs = await jobsByState(preflight, tables, study);
      if (!jobs.ok) return refusedBy(jobs.fault);
      const unknown = meaning === undefined ? [`The meaning of “${status}” is unknown: the study may be over.`] : [];
      return planned({
        impact: [
          `${study} of ${text(row, 'tenant')}, now ${status || 'without a state'}: ${impact}`,
          `Jobs: ${statesSay(jobs.value) || 'none'}.`,
        ],
        warnings: [...unknown, ...way.warnings],
        calls: [
          way.by === 'api'
            ? way.call
            : {
                tool: 'sql',
                server: 'primary',
                change: {
                  text: `UPDATE ${tables.studies} SET status = ${literal(way.label)} WHERE id = $1 AND status = $2`,
                  parameters: [study, status],
                },
                expectRows: 1,
                transaction: true,
              },
        ],
        undo: back.undo,
        answered: [found.says],
        preconditions: `${study} ${status}`,
        baseline: { status, ...baselineOf(way) },
      });
    },
    verify: (done, preflight) => proveState(done, preflight, [to, ...also]),
    within: 75 * second,
    next: ({ target }) => [{ action: back.action, target: { study: studyOf(target) }, says: back.says, undo: true }],
    ...more,
  };
}

export const pauseStudy = control({
  id: 'pause-study',
  verb: 'pause',
  from: ['waiting', 'running', 'checking'],
  to: 'held',
  also: [],
  title: 'Pause a study',
  impact: 'no more of its jobs begin until it is resumed.',
  about: {
    does: 'holds a study: no more of its jobs begin',
    looksAt: 'its state and jobs; whether the API knows it',
    calls: "POST /v1/studies/STUDY/pause, or UPDATE studies SET status = 'paused'",
    proof: 'its row, read back after the orchestrator’s checkpoint',
    undo: 'resume it',
    runbook: '– (the platform’s API)',
  },
  back: { action: 'resume-study', undo: 'resume it', says: 'resume it' },
});

export const resumeStudy = control({
  id: 'resume-study',
  verb: 'resume',
  from: ['held'],
  to: 'running',
  also: ['waiting', 'checking', 'done'],
  title: 'Resume a study',
  impact: 'its jobs begin again.',
  about: {
    does: 'lets a held study go on',
    looksAt: 'its state and jobs; whether the API knows it',
    calls: "POST /v1/studies/STUDY/resume, or UPDATE studies SET status = 'executing'",
    proof: 'its row, read back after the orchestrator’s checkpoint',
    undo: 'pause it',
    runbook: '– (the platform’s API)',
  },
  back: { action: 'pause-study', undo: 'pause it', says: 'pause it again' },
});
