// The line that always says the next move of the incident, and the key that makes it.
import type { Lacking } from '../../core/actions/action.ts';
import { isUnderWay, type Run } from '../../core/actions/run.ts';
import type { Step } from '../../core/incident/checklist.ts';
import { controlNow, type IncidentContext } from '../../core/incident/context.ts';
import type { Incident } from '../../core/incident/incident.ts';
import { shortAge } from '../../core/text/format.ts';
import { shortenings } from '../../core/text/text.ts';
import type { World } from '../../core/world/world.ts';
import { findStep } from '../../runbook/checklists.ts';
import { knownOf } from '../../runbook/messages.ts';
import { type Move, nextMove } from '../../runbook/next-move.ts';
import { offersOf } from '../../runbook/offers.ts';
import type { State } from '../../store.ts';
import { dim, firstFitting, type Line, line, span } from '../toolkit/line.ts';
import { memoize } from '../toolkit/memoize.ts';
import { goneSays } from './offers.ts';
import { suggestionOf } from './suggestion.ts';

const moves = memoize(
  (
    incident: Incident,
    world: World,
    context: IncidentContext,
    suggestion: ReturnType<typeof suggestionOf>,
    lacking: Lacking | undefined,
  ) =>
    nextMove(incident, {
      world,
      context,
      suggestion,
      // What cannot run from here is no next move.
      offers: (step) =>
        offersOf(step, world, knownOf(incident)).filter(
          ({ action, again, unadvised }) => !again && !unadvised && lacking?.[action] === undefined,
        ),
    }),
  2,
);

/** The header asks on every frame: worked out once for each incident and world. */
export function moveOf(state: State): Move | undefined {
  const { incident, incidentContext, world, lacking } = state;
  return incident && incidentContext && moves(incident, world, incidentContext, suggestionOf(state), lacking);
}

/** Moves of the steps: they wait for an action that runs. */
const waiting: ReadonlySet<Move['kind']> = new Set(['offer', 'accept', 'decide', 'do', 'mitigate', 'resolve']);

const doing: Partial<Readonly<Record<Run['phase'], string>>> = {
  rechecking: 'checking again',
  performing: 'running',
  verifying: 'verifying',
};

/** What is waited for before the move: `verifying: Restart a deployment: api-gateway`. */
function awaited({ runs }: State, move: Move): string | undefined {
  if (!waiting.has(move.kind)) return undefined;
  const busy = Object.values(runs).filter(isUnderWay);
  const [run] = busy.toSorted((a, b) => (b.startedAt ?? 0) - (a.startedAt ?? 0));
  return run && `${doing[run.phase] ?? run.phase}: ${run.title}`;
}

const awaitedLine = (says: string): Line => line(dim('next  '), span('▶', 'accent'), ` ${says}`);

/** The step that the move is about. */
export const stepOf = (move: Move | undefined): Step | undefined => (move && 'step' in move ? move.step : undefined);

/** The key on the checklist, and what it does there. */
type Says = { key: string; text: string };

export function moveSays(move: Move, { incident, incidentContext, world }: State): Says {
  switch (move.kind) {
    case 'control': {
      const control = incident && incidentContext && controlNow(incidentContext, incident);
      const how = goneSays({ isSilent: control?.state === 'free' && control.isSilent });
      return { key: 'W', text: `take control: ${incident?.control.person ?? 'the person in control'} ${how}` };
    }
    case 'acknowledge':
      return move.page
        ? { key: 'm', text: 'acknowledge the page at PagerDuty' }
        : { key: 'A', text: 'acknowledge the incident' };
    case 'again':
      return { key: 'm', text: `send it again: the message to ${move.name} failed` };
    case 'reminder':
      return { key: 'E', text: `dismiss the reminder: ${move.about}` };
    case 'update': {
      const left = move.due - world.now;
      const due = left < 0 ? `late ${shortAge(-left)}` : `due in ${shortAge(left)}`;
      return move.silent
        ? { key: 'C', text: `record the update that you gave: ${due}` }
        : { key: 'm', text: `send the update: ${due}` };
    }
    case 'offer':
      return { key: move.offer.key, text: move.offer.title };
    case 'accept':
      return {
        key: '*',
        text: move.count === 1 ? 'accept the step: its check passes' : `accept ${move.count} steps: their checks pass`,
      };
    case 'decide':
      return { key: 'space', text: decisionSays(move) };
    case 'do':
      return { key: 'space', text: `mark as done: ${move.step.say}` };
    case 'mitigate':
      return {
        key: 'M',
        text: move.clear ? 'mitigated: users can work again' : 'mitigated, once users can work again',
      };
    case 'tell':
      return { key: 'm', text: `tell ${move.names.join(' and ')} that it ended` };
    case 'resolve':
      return { key: 'X', text: move.names.length > 0 ? `resolve, and tell ${move.names.join(' and ')}` : 'resolve' };
    case 'report':
      return { key: 'B', text: 'read the report, and write it to a file' };
  }
}

function decisionSays({ step, advice }: Extract<Move, { kind: 'decide' }>): string {
  if (advice.answer === 'unsure') return `decide: ${step.decision?.question ?? step.say}`;
  return `record ${advice.answer}${advice.instead ? `, ${advice.instead}` : ''}: ${advice.because}`;
}

/** On the checklist. While another step has the marker, `.` goes to the step of the move. */
export function nextLine(state: State, marked: string | undefined, columns: number): readonly Line[] {
  const move = moveOf(state);
  if (!move) return [];
  const awaits = awaited(state, move);
  if (awaits !== undefined) return [firstFitting(columns, ...shortenings(awaits).map(awaitedLine))];
  const { key, text } = moveSays(move, state);
  const step = stepOf(move);
  const away = step && step.id !== marked ? `go to step ${(findStep(step.id)?.at ?? 0) + 1}: ` : '';
  const ways = shortenings(`${away}${text}`).map((says) =>
    line(dim('next  '), span(away ? '.' : key, 'key'), ` ${says}`),
  );
  return [firstFitting(columns, ...ways)];
}

/** On every other screen while it is open: `i` leads to the step. The longest first. */
export function nextShort(state: State): readonly Line[] {
  const move = moveOf(state);
  // Once it ended, `i` opens another.
  if (!move || move.kind === 'report' || move.kind === 'tell') return [];
  const awaits = awaited(state, move);
  if (awaits !== undefined) return shortenings(awaits).map(awaitedLine);
  return shortenings(moveSays(move, state).text).map((text) => line(dim('next '), span('i', 'key'), ` ${text}`));
}
