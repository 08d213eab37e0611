// A checklist as rows: one line for each step, and its details under the selected one.

import type { Check } from '../../core/actions/action.ts';
import {
  adviceOn,
  type Checklist,
  checkOf,
  type Recommendation,
  type Step,
  severityName,
} from '../../core/incident/checklist.ts';
import type { Incident, StepState } from '../../core/incident/incident.ts';
import type { RunResult } from '../../core/incident/run-result.ts';
import { shortClock } from '../../core/text/format.ts';
import { script, scriptSays } from '../../core/text/script.ts';
import { shortenings } from '../../core/text/text.ts';
import { findStep } from '../../runbook/checklists.ts';
import { activeChecklists, knownOf } from '../../runbook/messages.ts';
import { stepResults } from '../../runbook/step-results.ts';
import type { Place, State } from '../../store.ts';
import type { Row } from '../screen.ts';
import { markerIn } from '../shell/reducer.ts';
import {
  columnsOf,
  dim,
  firstFitting,
  fitLine,
  type Line,
  line,
  lineWidth,
  mark,
  span,
  textOf,
  wrap,
} from '../toolkit/line.ts';
import { firstTarget } from './offers.ts';
import { markOf, resultGlyph, sessionsHere, stepAtLength, stepDetails } from './step-details.ts';

/** The rows of every active checklist, and the finished steps of those that no longer apply. */
export function checklistRows(state: State, place: Place, columns: number): readonly Row[] {
  const { incident } = state;
  if (!incident) return [];
  const lists = activeChecklists(incident);
  const rows = lists.flatMap((list, at) => [
    ...(at > 0 ? [titleRow(list)] : []),
    ...list.steps.map((step, number) => stepRow(state, step, number + 1, false)),
  ]);
  const retired = retiredRows(incident, lists, state);
  const all = [...rows, ...retired];
  return expanded(state, all, place, columns);
}

/** The rows of one checklist, without an incident. */
export function procedureRows(state: State, list: Checklist, place: Place, columns: number): readonly Row[] {
  return expanded(
    state,
    list.steps.map((step, at) => stepRow(state, step, at + 1, false)),
    place,
    columns,
  );
}

/** The row of a step, and whether the text beside its title is cut. */
type StepRow = Row & {
  beside(columns: number): { because: string; cut: boolean };
};

const isStepRow = (row: Row): row is StepRow => 'beside' in row;

function expanded(state: State, rows: readonly Row[], place: Place, columns: number): readonly Row[] {
  const at = markerIn(place, rows);
  return rows.map((row, index) => {
    const step = index === at ? findStep(row.id)?.step : undefined;
    if (!step || !isStepRow(row)) return row;
    const details = stepDetails(state, step, columns - 1);
    const { because, cut } = row.beside(columns - 1);
    const said = details.map(textOf).join(' ');
    // Decisions and evidence have lines of their own.
    const isSaid = step.decision !== undefined || step.evidence !== undefined || said.includes(because);
    const missing = cut && !isSaid ? wrap(because, columns - 5) : [];
    const below = [...missing.map((part) => line('    ', part)), ...details];
    return {
      ...row,
      height: 1 + below.length,
      draw: (wide) => [...row.draw(wide, true), ...below],
    };
  });
}

function titleRow(list: Checklist): Row {
  return {
    id: list.id,
    text: list.title,
    draw: () => [line('  ', dim(`${list.title}${list.from === 'ours' ? ' (ours)' : ''}`))],
  };
}

/** Steps of a checklist that no longer applies: finished ones stay visible. */
function retiredRows(incident: Incident, lists: readonly Checklist[], state: State): readonly Row[] {
  const active = new Set(lists.flatMap((list) => list.steps.map((step) => step.id as string)));
  const left = Object.entries(incident.steps).filter(([id]) => !active.has(id));
  return left.map(([id, record]): Row => {
    const found = findStep(id);
    const from = found?.checklist.severity ? severityName(found.checklist.severity) : (found?.checklist.title ?? '');
    const says = `${found?.step.say ?? id}  (from ${from}, ${record.mark})`;
    const target = found && firstTarget(found.step, state);
    return {
      id,
      text: says,
      draw: (columns) => [between(line(dim(`– ${says}`)), whoSays(record), columns)],
      target,
    };
  });
}

function whoSays(state: StepState): Line {
  return line(dim(`${state.by}  ${shortClock(state.at)}`));
}

/** The left side whole; the right side cut to the remaining room, at the right edge. */
function between(left: Line, right: Line, columns: number): Line {
  const room = columns - lineWidth(left) - 2;
  if (room < 6) return fitLine(left, columns);
  const cut = lineWidth(right) > room ? fitLine(right, room) : right;
  return line(fitLine(left, columns - lineWidth(cut)), cut);
}

function stepRow(state: State, step: Step, number: number, faint: boolean): StepRow {
  const { incident, world } = state;
  const known = knownOf(incident);
  const record = incident?.steps[step.id];
  const finished = record !== undefined && record.mark !== 'reopened';
  const check = checkOf(step, world, known);
  const advice = finished ? undefined : adviceOn(step, world, known);
  const byHand = state.incidentContext ? step.byHand?.(state.incidentContext.targets, world) : undefined;
  const target = firstTarget(step, state);
  const says = `${number} ${step.say}`;
  const title = line(
    leading(record, advice),
    ' ',
    faint || finished ? dim(says) : says,
    step.ours ? dim(' (ours)') : undefined,
  );
  const [result] = stepResults(step, incident, world, sessionsHere(state));
  const ways = finished
    ? []
    : result
      ? resultSays(result, advice, step.decision?.remedy === undefined ? undefined : check)
      : nowSays(check, advice);
  // Clauses are dropped whole; the shortest variant is the result alone.
  const draw = (columns: number) => {
    const room = columns - lineWidth(title) - 2;
    return [between(title, ways.length > 0 ? firstFitting(room, ...ways) : doneSays(record, room, result), columns)];
  };
  return {
    id: step.id,
    text: `${step.say} ${check?.because ?? ''}`,
    draw,
    beside: (columns) => ({
      because: advice?.because ?? check?.because ?? '',
      cut: ways[0] !== undefined && lineWidth(title) + 2 + lineWidth(ways[0]) > columns,
    }),
    opens: { kind: 'details', title: step.say, lines: (now, wide) => stepAtLength(now, step, wide) },
    copies:
      byHand && byHand.length > 0
        ? { text: script(byHand, step), what: scriptSays(byHand) }
        : { text: step.say, what: step.say },
    target,
  };
}

/** ✓ done, – skipped or not needed, ? to be decided, ○ open. */
function leading(record: StepState | undefined, advice: Recommendation | undefined): Line {
  if (record?.mark === 'done') return line(record.answer === 'no' ? dim('–') : mark('ok'));
  if (record?.mark === 'skipped') return line(dim('–'));
  if (advice?.answer === 'no' && !advice.instead) return line(dim('–'));
  return line(advice ? span('?', 'accent') : '○');
}

/** The reason and the finding, cut to the room beside name and time. */
function doneSays(record: StepState | undefined, columns: number, result?: RunResult): Line {
  if (!record) return [];
  const who = whoSays(record);
  const room = columns - lineWidth(who) - 2;
  // What was done says more than the reason that was recorded for it.
  if (result && record.mark !== 'skipped') {
    const ways = resultSays(result).map((says) => line(says, '  ', who));
    return firstFitting(columns, ...ways, who);
  }
  const typed = record.answer ? `${record.answer}: ${record.why ?? ''}` : record.why;
  const why = record.mark === 'skipped' ? `skipped: ${typed ?? ''}` : typed;
  if (why !== undefined && room >= 8)
    return line(columnsOf(why) > room ? fitLine([dim(why)], room) : dim(why), '  ', who);
  // A finding loses whole clauses; a typed text loses its end.
  const found = shortenings(record.found?.because ?? '').find((says) => columnsOf(says) <= room) ?? '';
  return found ? line(dim(found), '  ', who) : who;
}

/**
 * What the step's action did, the longest variant first; a decision that it answers is still to be recorded. What it was
 * to mend and is wrong now counts more than that it was done.
 */
function resultSays({ state, says }: RunResult, advice?: Recommendation, check?: Check): readonly Line[] {
  const shorter = shortenings(says);
  if (state === 'ok' && check?.state === 'fail') {
    const did = shorter.at(-1) ?? says;
    return shortenings(check.because).map((now) => line(markOf(check), ` ${did}; now ${now}`));
  }
  const said = shorter.map((part) => line(resultGlyph(state), ` ${part}`));
  const asking = advice?.ran ? said.map((one) => line(one, dim('; record it?'))) : [];
  return [...asking, ...said, resultGlyph(state)];
}

/** The status of an open step, the longest variant first. */
function nowSays(check: Check | undefined, advice: Recommendation | undefined): readonly Line[] {
  if (advice?.ran)
    return [line(span(advice.because, 'accent'), dim('; record it?')), line(span(advice.because, 'accent'))];
  if (advice) {
    const word = advice.instead ?? { yes: 'recommended', no: 'not needed', unsure: 'unsure' }[advice.answer];
    const said = advice.answer === 'yes' || advice.instead ? span(word, 'accent') : dim(word);
    // A subject without its finding would read as what is recommended.
    const reasons = shortenings(advice.because).filter((part) => advice.because[part.length] !== ':');
    return [...reasons.map((because) => line(said, dim(`: ${because}`))), line(said)];
  }
  if (!check) return [];
  return [...shortenings(check.because).map((because) => line(markOf(check), ' ', dim(because))), markOf(check)];
}
