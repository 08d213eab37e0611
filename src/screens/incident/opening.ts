// Opening an incident: the four severities with their live signs, the suggested one selected.
import type { Check } from '../../core/actions/action.ts';
import { type ProcedureId, type Severity, severityName } from '../../core/incident/checklist.ts';
import { checklistFor } from '../../runbook/checklists.ts';
import { severityLevels } from '../../runbook/severities.ts';
import type { Sign, Suggestion } from '../../runbook/suggest-severity.ts';
import type { Intent, State } from '../../store.ts';
import type { Row, View } from '../screen.ts';
import { bold, dim, firstFitting, fitLine, type Line, line, span, wrap } from '../toolkit/line.ts';
import { onlyObserves, readingSays } from './offers.ts';
import { suggestionOf } from './suggestion.ts';
import { takeIntent } from './take.ts';

/** Asks for the severity by its number, for a person who knows it. */
export function askOpening(state: State): Intent {
  const { severity, because } = suggestionOf(state);
  const says =
    severity === undefined ? `no severity suggested: ${because}` : `suggested ${severityName(severity)}: ${because}`;
  const named = severityLevels.map((level) => ({
    value: String(level.severity),
    says: `${severityName(level.severity)} ${checklistFor(level.severity).title}`,
    opens: openIntent(state, level.severity),
  }));
  const security = { value: 'security', says: 'Security incident', opens: openIntent(state, 1, 'security') };
  const choices = [...named, security];
  return {
    kind: 'form',
    form: {
      title: 'Open an incident',
      lines: (_, columns) => [...wrap(says, columns - 4).map((part) => line('  ', dim(part))), []],
      fields: [{ name: 'severity', ask: 'severity', kind: 'choice', choices: () => choices }],
      submit: ({ severity: chosen }) => {
        const found = choices.find(({ value }) => value === chosen);
        return found ? [found.opens] : 'enter 1, 2, 3, 4 or security';
      },
    },
  };
}

/** Why no incident can be opened now; undefined when one can. */
export function cannotOpen(state: State): string | undefined {
  return state.incidentContext ? onlyObserves(state) : readingSays(state);
}

/** An observer sees why and opens none. */
function opens(state: State, severity: Severity, procedure?: ProcedureId): Intent {
  const why = cannotOpen(state);
  return why === undefined
    ? openIntent(state, severity, procedure)
    : { kind: 'notice', says: `incident: ${why}`, verdict: 'unknown' };
}

/** The reason comes from the evidence; a note can add to it later. */
function openIntent(state: State, severity: Severity, procedure?: ProcedureId): Intent {
  const { because, severity: wanted } = suggestionOf(state);
  const why = wanted === severity ? because : `opened manually; evidence: ${because}`;
  return takeIntent(severity, procedure, why);
}

/** Whether the symptom is there, in words: a ✓ beside a symptom would read both ways. */
const presence = { pass: ['no', 'dim'], fail: ['yes', 'bold'], unknown: ['unknown', 'unknown'] } as const;

/** As wide as the longest word that is shown. */
function presenceSays(state: Check['state'], all: readonly Sign[]): Line {
  const wide = Math.max(...all.map(({ check }) => presence[check.state][0].length));
  const [word, tone] = presence[state];
  return line('  ', span(word.padEnd(wide), tone));
}

export function openingView(state: State, columns: number): View {
  const suggestion = suggestionOf(state);
  const rows = severityLevels.map(({ severity, description, example }): Row => {
    const list = checklistFor(severity);
    const isSuggested = suggestion.severity === severity;
    const title = line(bold(`${severityName(severity)} ${list.title}`));
    const suggestedHere = isSuggested ? span('  suggested', 'accent') : undefined;
    const titles = [`  ${description}: ${example}`, `  ${example}`, ''].map((says) =>
      line(title, dim(says), suggestedHere),
    );
    const signs = suggestion.signs
      .filter((sign) => sign.severity === severity)
      .filter((sign) => severity < 4 || sign.check.state !== 'pass')
      .map((sign) => {
        const says = line(presenceSays(sign.check.state, suggestion.signs), ` ${sign.say}`);
        // A shorter finding rather than a word cut in two.
        const { because, short = because } = sign.check;
        return [line(says, dim(`  ${because}`)), line(says, dim(`  ${short}`)), says];
      });
    return {
      id: severityName(severity),
      text: `${severityName(severity)} ${list.title} ${description}`,
      height: 1 + signs.length,
      draw: (wide) => [titles, ...signs].map((ways) => fitLine(firstFitting(wide, ...ways), wide)),
      opens: opens(state, severity),
    };
  });
  const security: Row = {
    id: 'security',
    text: 'security incident',
    draw: () => [line(bold('Security incident'), dim('  possible unauthorized access'))],
    opens: opens(state, 1, 'security'),
  };
  const all = [...rows, security];
  // The suggested one is under the marker, so that enter alone opens it.
  const first = suggestion.severity === undefined ? undefined : severityName(suggestion.severity);
  const ordered = first ? [...all.filter((r) => r.id === first), ...all.filter((r) => r.id !== first)] : all;
  const says = line(dim(state.incidentContext ? 'select a severity' : readingSays(state)));
  const head = advice(suggestion, columns - 2);
  if (first !== undefined) return { says, head, rows: ordered };
  return { says, head, rows: ordered, unmarked: `${suggestion.because}; j selects a severity, v asks for one` };
}

function advice(suggestion: Suggestion, columns: number): readonly Line[] {
  const word =
    suggestion.severity === undefined ? 'no severity suggested' : `suggested ${severityName(suggestion.severity)}`;
  const text = `${word}${suggestion.unsure && suggestion.severity !== undefined ? ' (unsure, so the higher one)' : ''}: ${suggestion.because}`;
  return [...wrap(text, columns).map((part) => line(part)), []];
}
