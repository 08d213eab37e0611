// A run as lines: its plan, its progress, its outcome.

import type { NextStep, Plan } from '../../core/actions/action.ts';
import { undoSays } from '../../core/actions/plan-text.ts';
import { countsSay } from '../../core/actions/progress.ts';
import type { Run, RunOutcome } from '../../core/actions/run.ts';
import type { HealthStatus } from '../../core/health/status.ts';
import { formatAge, formatClock, formatCounted } from '../../core/text/format.ts';
import type { State } from '../../store.ts';
import { progressLine } from '../toolkit/bar.ts';
import { diffTone } from '../toolkit/diff.ts';
import { blank, dim, type Line, line, mark, span, textOf, wrap } from '../toolkit/line.ts';

/** A command longer than this is cut on the screen; `y` copies it whole. */
const longest = 1200;
/** Lines of output on the screen. */
const shownOutput = 200;

const wrapped = (text: string, columns: number, by: (part: string, row: number) => Line): Line[] =>
  wrap(text, Math.max(20, columns - 4)).map(by);

/** What the confirmation shows: its title has the object and the environment. */
export function planLines(run: Run | undefined, state: State, columns: number): Line[] {
  if (!run) return [line('  checking …')];
  const { plan } = run;
  if (!plan)
    return run.says === undefined
      ? [line(dim(`  checking (read-only) …${lookedThrough(run)}`))]
      : outcomeLines(run, columns);
  // The lines of kubectl diff keep their colour where they wrap.
  const said = (texts: readonly string[]) =>
    texts.flatMap((text) => wrapped(text, columns, (t) => line('  ', span(t, diffTone(text)))));
  const answered = run.plannedAt === undefined ? '' : `, answered ${formatAge(state.world.now - run.plannedAt)} ago`;
  return [
    ...(run.notice
      ? [
          ...wrapped(run.notice, columns, (t, at) => line('  ', at === 0 ? mark('warning') : ' ', ` ${t}`)),
          ...(run.again ?? []).flatMap((text) => wrapped(text, columns - 2, (t) => line('    ', t))),
          blank,
        ]
      : []),
    ...said(plan.impact.slice(0, 1)),
    // What cannot be taken back, warnings and the command stand where they are seen without scrolling.
    ...(plan.undo === undefined ? forGood(run, plan, columns) : []),
    ...(plan.warnings ?? []).flatMap((text) =>
      wrapped(text, columns, (t, at) => line('  ', span(`${at === 0 ? '▲' : ' '} ${t}`, 'warning'))),
    ),
    blank,
    ...run.calls.flatMap(({ summary, to }) => [
      ...wrapped(`$ ${summary.slice(0, longest)}`, columns, (t) => line('  ', span(t, 'accent'))),
      line(dim(`    on ${to}`)),
    ]),
    ...plan.answered.flatMap((who) => wrapped(`${who}${answered}`, columns, (t) => line(dim(`    ${t}`)))),
    ...(plan.undo === undefined ? [] : wrapped(undoSays(plan, run.risk), columns, (t) => line('  ', t))),
    ...(plan.impact.length > 1 ? [blank] : []),
    ...said(plan.impact.slice(1)),
  ];
}

/** That it cannot be undone: in red where the action is irreversible. */
function forGood({ risk }: Run, plan: Plan, columns: number): Line[] {
  const tone = risk === 'irreversible' ? 'critical' : risk === 'data' ? 'warning' : 'plain';
  return wrapped(undoSays(plan, risk), columns, (t) => line('  ', span(t, tone)));
}

const verdicts: Readonly<Record<RunOutcome, HealthStatus>> = {
  verified: 'ok',
  unverified: 'warning',
  failed: 'critical',
  unknown: 'unknown',
  cancelled: 'unknown',
  refused: 'warning',
  moved: 'warning',
};

const words: Readonly<Record<RunOutcome, string>> = {
  verified: 'verified',
  unverified: 'done, not verified',
  failed: 'failed',
  unknown: 'outcome unknown',
  cancelled: 'cancelled',
  refused: 'not possible',
  moved: 'state changed since the plan; nothing was done',
};

/** `n undo: roll back to revision 42`; the third and later ones have no key. */
const nextLines = (next: NextStep, at: number, columns: number): Line[] => [
  ...wrapped(`${'undo' in next && next.undo ? 'undo: ' : ''}${next.says}`, columns - 2, (t, row) =>
    line('    ', row === 0 ? span(['n', 'N'][at] ?? '·', at < 2 ? 'key' : 'dim') : ' ', ` ${t}`),
  ),
  ...('command' in next ? wrapped(`$ ${next.command}`, columns - 4, (t) => line('      ', span(t, 'accent'))) : []),
];

export function outcomeLines(run: Run, columns: number): Line[] {
  if (!run.outcome) return [];
  const verdict = verdicts[run.outcome];
  return [
    line(
      '  ',
      mark(verdict),
      span(` ${words[run.outcome]}`, verdict),
      dim(run.endedAt ? `   ${formatClock(run.endedAt)}` : ''),
    ),
    ...wrapped(run.says ?? '', columns, (t) => line(`    ${t}`)),
    ...(run.hint ? wrapped(run.hint, columns, (t) => line(dim(`    ${t}`))) : []),
    ...run.next.flatMap((one, at) => nextLines(one, at, columns)),
  ];
}

/** How far a long look came: ` 120 000 objects`, ` 1 200 of 20 000 locks`. */
const lookedThrough = ({ measured }: Run) => (measured ? ` ${countsSay(measured)}` : '');

/** The state of the run in one line. */
function stands(run: Run, state: State): Line {
  const since = run.startedAt === undefined ? '' : ` for ${formatAge(state.world.now - run.startedAt)}`;
  if (run.phase === 'planning') return line(`  checking …${lookedThrough(run)}`);
  if (run.phase === 'planned')
    return line('  planned; ', span('c', 'key'), ' confirm · ', span('x', 'key'), ' discard');
  if (run.phase === 'rechecking') return line(`  checking again before the change …${lookedThrough(run)}`);
  if (run.phase === 'performing')
    return line(
      '  ',
      span('▶', 'accent'),
      ` ${run.performed} of ${run.calls.length} calls done, running${since}${run.progress ? `; ${run.progress}` : ''}`,
    );
  if (run.uncertainty !== undefined)
    return line(
      '  ',
      mark('unknown'),
      ` outcome unknown: ${run.uncertainty}; checking the current state${since}: ${run.seen ?? '…'}`,
    );
  return line('  ', span('▶', 'accent'), ` verifying${since}: ${run.seen ?? '…'}`);
}

/** The end of its output, and how much of it came before. */
function outputLines({ output, omitted = 0 }: Run): Line[] {
  if (output.length === 0) return [];
  const before = omitted + Math.max(0, output.length - shownOutput);
  return [
    ...(before > 0 ? [line(dim(`  │ … ${formatCounted(before, 'line')} before`))] : []),
    ...output.slice(-shownOutput).map((text) => line(dim('  │ '), text)),
    blank,
  ];
}

/** The screen that esc returns to: where the action was begun. */
function below({ ui: { stack } }: State): string {
  const { screen } = stack.at(-2) ?? stack[0];
  return belows[screen] ?? screen.replaceAll('-', ' ');
}

const belows: Readonly<Record<string, string>> = {
  incident: 'the checklist',
  cockpit: 'the cockpit',
  act: 'the actions',
  run: 'the run before',
  notify: 'the messages',
};

export function runLines(run: Run | undefined, state: State, columns: number): Line[] {
  if (!run) return [line(dim('  this run is no longer in memory; the journal has its record'))];
  const ended = run.phase === 'done';
  return [
    ...(ended
      ? [...outcomeLines(run, columns), line('    ', span('esc', 'key'), ` back to ${below(state)}`)]
      : [
          ...wrapped(textOf(stands(run, state)).trimStart(), columns, (t) => line('  ', t)).slice(0, 4),
          ...(run.measured ? [line('    ', progressLine(run.measured, state.world.now, columns - 4))] : []),
        ]),
    blank,
    ...(run.reveals && run.output.length > 0
      ? [line('  ', mark('warning'), span(' shown only once: copy it now; leaving this screen clears it', 'warning'))]
      : []),
    ...outputLines(run),
    ...(ended && !run.plan ? [] : planLines(run, state, columns)),
  ];
}
