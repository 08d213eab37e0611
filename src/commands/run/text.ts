// What `run` prints.
import type { Action, Suggestion } from '../../core/actions/action.ts';
import { nameOfAction, undoSays } from '../../core/actions/plan-text.ts';
import type { Run, RunOutcome } from '../../core/actions/run.ts';
import { quote } from '../../core/text/shell.ts';
import { fit, width } from '../../core/text/text.ts';

/** Longer commands are cut for reading; --json has them whole. */
const longest = 2000;

export function listText(actions: readonly Action[]): string {
  const widest = Math.max(...actions.map((a) => nameOfAction(a.id).length));
  return actions
    .map(({ id, risk, title, fields }) => {
      const flags = fields
        .map((f) => (f.optional || f.preset !== undefined ? `[--${f.name} …]` : `--${f.name} …`))
        .join(' ');
      return `${nameOfAction(id).padEnd(widest)}  ${risk.padEnd(12)}  ${title}${flags ? `  (${flags})` : ''}`;
    })
    .join('\n');
}

export function planText(run: Run): string {
  const { plan } = run;
  if (!plan) return run.title;
  return [
    ...(run.notice ? [`▲ ${run.notice}`, ...(run.again ?? []).map((text) => `    ${text}`), ''] : []),
    `${run.title}    ${run.environment}`,
    '',
    ...plan.impact.map((line) => `  ${line}`),
    ...(plan.warnings ?? []).map((line) => `▲ ${line}`),
    '',
    ...run.calls.flatMap(({ say, to }) => [
      `  $ ${say.length > longest ? `${say.slice(0, longest)} …` : say}`,
      `    on ${to}`,
    ]),
    ...plan.answered.map((who) => `    checked just now: ${who}`),
    `  ${undoSays(plan, run.risk)}`,
    '',
  ].join('\n');
}

const glyphs: Readonly<Record<RunOutcome, string>> = {
  verified: '✓',
  unverified: '?',
  failed: '●',
  unknown: '?',
  cancelled: '–',
  refused: '–',
  moved: '–',
};

export function resultText(run: Run): string {
  if (!run.outcome) return 'plan only: nothing was changed';
  const { found, answered = [] } = run.plan ?? {};
  if (found && run.outcome === 'verified')
    return [
      ...(found.table.length > 0 ? [...tableLines([found.head, ...found.table]), ''] : []),
      found.says,
      ...answered.map((who) => `  ${who}`),
    ].join('\n');
  return [
    `${glyphs[run.outcome]} ${run.outcome}: ${run.says ?? ''}`,
    ...(run.outcome === 'moved' ? (run.again ?? []).map((text) => `  ${text}`) : []),
    ...(run.hint ? [`  ${run.hint}`] : []),
    ...run.next.map((next) =>
      'command' in next
        ? `  next: ${next.says}\n    ${next.command}`
        : `  ${next.undo ? 'undo' : 'next'}: ${next.says}\n    ${commandLine(next)}`,
    ),
  ].join('\n');
}

/** Columns as wide as their widest cell, as kubectl prints them. */
export function tableLines(rows: readonly (readonly string[])[]): readonly string[] {
  const widths = (rows[0] ?? []).map((_, at) => Math.max(...rows.map((row) => width(row[at] ?? ''))));
  return rows.map((row) =>
    row
      .map((cell, at) => fit(cell, widths[at] ?? 0))
      .join('   ')
      .trimEnd(),
  );
}

/** What a person would type for it. What is not known is left out, and asked for. */
export function commandLine({ action, target }: Pick<Suggestion, 'action' | 'target'>): string {
  const flags = Object.entries(target).flatMap(([name, value]) => (value === '' ? [] : [`--${name} ${quote(value)}`]));
  return ['bentham-cockpit run', nameOfAction(action), ...flags].join(' ');
}
