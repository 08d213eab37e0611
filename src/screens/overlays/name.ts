// On a shared account, who works here is asked once: before the first thing that is recorded.
import { whatIsWrongWithName } from '../../core/incident/person.ts';
import type { Intent, State } from '../../store.ts';
import { dim, line, wrap } from '../toolkit/line.ts';

/** Whether the engine records something for it, under the person's name. */
function isRecorded(intent: Intent): boolean {
  if (intent.kind !== 'send') return false;
  const { command } = intent;
  if (command.kind === 'incident') return command.what.do !== 'follow' && command.what.do !== 'name';
  // A plan already says who acts.
  return command.kind === 'arm' || (command.kind === 'run' && ['plan', 'confirm'].includes(command.what.do));
}

const isName = (intent: Intent): boolean =>
  intent.kind === 'send' && intent.command.kind === 'incident' && intent.command.what.do === 'name';

/** The intents, or a question for the name that goes on with them. */
export function withName({ incidentContext }: State, intents: readonly Intent[]): readonly Intent[] {
  const at = intents.findIndex(isRecorded);
  if (!incidentContext?.asksName || at < 0 || intents.some(isName)) return intents;
  return [...intents.slice(0, at), askName(incidentContext.self.user, intents.slice(at))];
}

function askName(user: string, rest: readonly Intent[]): Intent {
  const about = `${user} is a shared account. Your name stands in the timeline, in the roles and in the report. --as, BENTHAM_PERSON or person.name saves this question.`;
  return {
    kind: 'form',
    form: {
      title: 'Who are you?',
      fields: [{ name: 'name', ask: 'your name', kind: 'text', wrong: whatIsWrongWithName }],
      lines: (_, columns) => [...wrap(about, columns - 4).map((part) => line('  ', dim(part))), []],
      submit: ({ name = '' }) => [{ kind: 'send', command: { kind: 'incident', what: { do: 'name', name } } }, ...rest],
    },
  };
}
