// The details of a checklist's step: below its row, and in full.

import type { Check } from '../../core/actions/action.ts';
import { adviceOn, checkOf, type Evidence, type Step } from '../../core/incident/checklist.ts';
import { isOngoing } from '../../core/incident/incident.ts';
import type { RunResult } from '../../core/incident/run-result.ts';
import { formatAge, formatClock, shortAge } from '../../core/text/format.ts';
import { isFinished, knownOf } from '../../runbook/messages.ts';
import type { Offered } from '../../runbook/offers.ts';
import { stepResults } from '../../runbook/step-results.ts';
import type { State } from '../../store.ts';
import {
  bold,
  columnsOf,
  dim,
  fitLine,
  type Line,
  line,
  lineWidth,
  mark,
  span,
  type Tone,
  wrap,
} from '../toolkit/line.ts';
import { recommends } from './asking.ts';
import { offeredIn } from './offers.ts';

export const glyphOf: Record<Check['state'], Line> = {
  pass: line(mark('ok')),
  fail: line(mark('critical')),
  unknown: line(mark('unknown')),
};

/** The verdict's own mark: a warning is no critical. */
export const markOf = ({ state, level }: Check): Line =>
  state === 'fail' && level === 'warning' ? line(mark('warning')) : glyphOf[state];

/** The mark of what an action came to. */
export const resultGlyph = (state: RunResult['state']): Line =>
  state === 'running' ? line(span('▶', 'accent')) : line(mark(state));

/** The cockpits that are open; undefined while that is not known. */
export const sessionsHere = ({ incidentContext }: State): ReadonlySet<string> | undefined =>
  incidentContext && new Set(incidentContext.here.map(({ session }) => session));

const resultsOf = (state: State, step: Step): readonly RunResult[] =>
  stepResults(step, state.incident, state.world, sessionsHere(state));

/** A command has so many lines at most below its step; copied and at length it is whole. */
const mostLines = (columns: number): number => (columns < 100 ? 2 : 6);

/** What stands under the selected step: results, evidence, actions, commands, advice, reminder. */
export function stepDetails(state: State, step: Step, columns: number): readonly Line[] {
  const { incident, world, incidentContext } = state;
  const known = knownOf(incident);
  const evidence = step.evidence?.(world, known) ?? [];
  const wide = Math.min(24, Math.max(0, ...evidence.map((one) => columnsOf(one.subject))));
  const lines = resultsOf(state, step).flatMap(({ state: came, says }) =>
    wrap(says, columns - 17).map((part, at) =>
      at === 0 ? line('    ', dim('result    '), resultGlyph(came), ` ${part}`) : line(' '.repeat(16), part),
    ),
  );
  lines.push(...evidence.flatMap((one) => evidenceLines(one, wide, world.now, columns)));
  // Once it ended nothing is left to do: what a step found stays, what it offers and advises goes.
  const isOver = incident !== undefined && !isOngoing(incident);
  // Before what is long: in little room the keys stay in sight.
  if (!isOver)
    lines.push(
      ...offersSay(
        offeredIn(step, state).filter(({ again }) => !again),
        state,
        columns,
      ),
    );
  for (const more of step.more ?? []) for (const part of wrap(more, columns - 4)) lines.push(line('    ', dim(part)));
  for (const link of step.links ?? []) lines.push(line('    ', dim(`${link.title}  `), link.url));
  const commands = incidentContext ? (step.byHand?.(incidentContext.targets, world) ?? []) : [];
  commands.forEach((command, at) => {
    const parts = wrap(command, columns - 14);
    const most = mostLines(columns);
    const shown = parts.length > most ? [...parts.slice(0, most - 1), parts.slice(most - 1).join(' ')] : parts;
    for (const [i, part] of shown.entries())
      lines.push(fitLine(line('    ', dim(at + i === 0 ? 'command   ' : '          '), part), columns));
  });
  if (step.goes) lines.push(line('    ', dim('more      '), span('o', 'key'), ` ${step.goes.title}`));
  if (isOver) return lines;
  // Once it is decided, nothing is recommended: right after an action old readings would contradict it.
  const isDecided = step.decision !== undefined && incident !== undefined && isFinished(incident, step);
  const advice = isDecided ? undefined : adviceOn(step, world, known);
  if (step.decision && advice) {
    const tone: Tone = advice.answer === 'unsure' ? 'unknown' : 'accent';
    const asked = line('    ', bold(step.decision.question), '  ', span(recommends(advice), tone));
    lines.push(...continued(asked, `because ${advice.because}`, columns));
  } else if (!isDecided) {
    const check = checkOf(step, world, known);
    if (check?.state === 'pass')
      lines.push(...continued(line('    ', span('appears done:', 'ok')), check.because, columns));
  }
  const reminder = incident?.reminders.find((one) => one.step === step.id);
  if (reminder) {
    const left = reminder.due - world.now;
    lines.push(
      line('    ', span(left > 0 ? `reminder in ${formatAge(left)}` : 'reminder is due', left > 0 ? 'dim' : 'accent')),
    );
  } else if (step.waits && incident && !isFinished(incident, step))
    lines.push(line('    ', dim(`waits for ${step.waits.for}: `), span('e', 'key'), ' sets a reminder'));
  return lines;
}

/** The actions that a step offers, with their keys, as many lines as it takes; below them why some cannot run. */
function offersSay(offers: readonly Offered[], { lacking = {} }: State, columns: number): readonly Line[] {
  const lines: Line[] = [];
  for (const { key, title, action, unadvised } of offers) {
    const isDim = unadvised || lacking[action] !== undefined;
    const offer = isDim
      ? line(dim(`${key} ${title}${unadvised ? ' (not advised)' : ''}`))
      : line(span(key, 'key'), ` ${title}`);
    const last = lines.at(-1);
    if (last && lineWidth(last) + 3 + lineWidth(offer) <= columns)
      lines[lines.length - 1] = line(last, dim(' · '), offer);
    else lines.push(line('    ', dim(last ? '          ' : 'actions   '), offer));
  }
  const reasons = new Map<string, string[]>();
  for (const { key, action } of offers) {
    const why = lacking[action];
    if (why !== undefined) reasons.set(why, [...(reasons.get(why) ?? []), key]);
  }
  for (const [why, keys] of reasons)
    for (const part of wrap(`${keys.join(', ')} not now: ${why}`, columns - 14))
      lines.push(line(' '.repeat(14), dim(part)));
  return lines;
}

/** `says` behind a beginning, going on below where the line is full. */
function continued(begin: Line, says: string, columns: number, gap = ' '): readonly Line[] {
  const room = columns - lineWidth(begin) - gap.length;
  if (columnsOf(says) <= room) return [line(begin, gap, dim(says))];
  return [begin, ...wrap(says, columns - 6).map((part) => line('      ', dim(part)))];
}

function evidenceLines(one: Evidence, wide: number, now: number, columns: number): readonly Line[] {
  const subject = line('    ', markOf(one), ` ${one.subject.padEnd(wide)}  `);
  const left = line(subject, one.because);
  if (one.at === undefined) return continued(subject, one.because, columns, '');
  // The age is always shown; the text wraps to the next line instead.
  const age = shortAge(now - one.at);
  const ages = [line(dim(`checked ${age} ago`)), line(dim(`${age} ago`))];
  const right = ages.find((each) => lineWidth(left) + lineWidth(each) + 2 <= columns) ?? ages[1] ?? [];
  const room = columns - lineWidth(right) - 2;
  if (lineWidth(left) <= room) return [line(fitLine(left, room), '  ', right)];
  const below = (text: string) => wrap(text, columns - 8).map((part) => line('        ', part));
  const [first, rest] = begun(one.because, room - lineWidth(subject));
  // It begins beside its subject where that saves a line.
  const saves = below(rest).length < below(one.because).length;
  return [
    line(fitLine(saves ? line(subject, first) : subject, room), '  ', right),
    ...below(saves ? rest : one.because),
  ];
}

/** Less room than this is left empty: a word alone reads badly. */
const fewest = 20;

/** The whole words that fit beside the subject, and the rest. */
function begun(text: string, room: number): readonly [first: string, rest: string] {
  const [first = ''] = room < fewest ? [] : wrap(text, room);
  return text.startsWith(`${first} `) ? [first, text.slice(first.length + 1)] : ['', text];
}

const ageOf = ({ at }: Evidence, now: number): string =>
  at === undefined ? '' : ` (checked ${shortAge(now - at)} ago)`;

/** Everything about a step, in full. */
export function stepAtLength(state: State, step: Step, columns: number): readonly Line[] {
  const known = knownOf(state.incident);
  const lines: Line[] = [];
  for (const { state: came, says } of resultsOf(state, step))
    wrap(`result: ${says}`, columns - 6).forEach((part, at) => {
      lines.push(line('  ', at === 0 ? resultGlyph(came) : ' ', ` ${part}`));
    });
  for (const one of step.evidence?.(state.world, known) ?? [])
    wrap(`${one.subject}: ${one.because}${ageOf(one, state.world.now)}`, columns - 6).forEach((part, at) => {
      lines.push(line('  ', at === 0 ? markOf(one) : ' ', ` ${part}`));
    });
  if (lines.length > 0) lines.push([]);
  for (const more of step.more ?? []) for (const part of wrap(more, columns - 4)) lines.push(line('  ', part));
  const commands = state.incidentContext ? (step.byHand?.(state.incidentContext.targets, state.world) ?? []) : [];
  for (const command of commands)
    wrap(command, columns - 6).forEach((part, at) => {
      lines.push(line(at === 0 ? dim('  $ ') : '    ', part));
    });
  for (const link of step.links ?? []) lines.push(line('  ', dim(`${link.title}  `), link.url));
  const record = state.incident?.steps[step.id];
  if (record)
    lines.push([], line(dim(`  ${record.mark} by ${record.by} at ${formatClock(record.at)} ${record.why ?? ''}`)));
  return lines.length > 0 ? lines : [line(dim('  no details available for this step'))];
}
