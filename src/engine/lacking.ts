// Tells the screen which actions cannot run from this machine, before anybody begins one.
import { allActions } from '../actions/index.ts';
import type { Action, ActionId } from '../core/actions/action.ts';
import { type Ms, second } from '../core/time.ts';
import { isLocal, localNeed } from '../data/local-needs.ts';
import { actionContextOf } from './action-context.ts';
import type { CreateModule } from './module.ts';

/** A checkout that is updated, or a program that is installed meanwhile, is seen after this. */
const every: Ms = 30 * second;

/** What one look found, by what was needed. */
type Answers = Map<string, Awaited<ReturnType<typeof localNeed>>>;

/** Looks at files only, and again now and then. */
export const lackingModule: CreateModule = ({ settings, emit, signal }) => {
  const context = actionContextOf(settings);
  const presetsOf = ({ fields }: Action) =>
    Object.fromEntries(fields.flatMap(({ name, preset }) => (preset === undefined ? [] : [[name, preset]])));
  /** Of its default way; another way is checked by its plan. Many actions need the same program. */
  const lackOf = async (action: Action, answers: Answers): Promise<string | undefined> => {
    for (const need of action.needs(presetsOf(action), context).filter(isLocal)) {
      const asked = JSON.stringify(need);
      const answer = answers.get(asked) ?? (await localNeed(need, settings));
      answers.set(asked, answer);
      if (!answer.ok) return answer.fault.what;
    }
    return undefined;
  };
  let told = '{}';
  const look = async () => {
    const lacking: Partial<Record<ActionId, string>> = {};
    const answers: Answers = new Map();
    for (const action of allActions(settings.own)) {
      const why = await lackOf(action, answers);
      if (why !== undefined) lacking[action.id] = why;
    }
    const text = JSON.stringify(lacking);
    if (signal.aborted || text === told) return;
    told = text;
    emit({ lacking });
  };
  const timer = setInterval(() => void look(), every);
  void look();
  return {
    async stop() {
      clearInterval(timer);
    },
  };
};
