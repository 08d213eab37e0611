// From a key to a program in the terminal: which container, the confirmation of what can change the platform.
import { ulid } from 'ulid';
import { forbids, settle } from '../../core/actions/arming.ts';
import { queryReading } from '../../core/queries/query.ts';
import { guardSays, sessionCommand, sessionTarget } from '../../core/shell/command.ts';
import { isChange, isImageName, type ShellRequest } from '../../core/shell/session.ts';
import type { Pod } from '../../core/world/facts.ts';
import { newest } from '../../core/world/reading.ts';
import type { Confirmation, Form, Intent, Remedy, State } from '../../store.ts';
import { armForm } from '../actions/arm.ts';
import { descriptionList } from '../toolkit/description-list.ts';
import { type Line, line, wrap } from '../toolkit/line.ts';

/** Why nothing can get the terminal now, as far as the screen knows. */
export function whyNoShell({ incidentContext, shells }: State): string | undefined {
  if (incidentContext?.observing) return 'this cockpit only observes';
  if (!incidentContext) return 'the journal is not read yet';
  return shells?.session?.phase === 'checking' ? 'another program is being prepared' : undefined;
}

/** Whether this session would be allowed to change data now. */
export function mayWrite({ arming, world }: State): boolean {
  return forbids(arming, world.now) === undefined;
}

/** Opens a session: at once where it only reads, after a confirmation where it can change something. */
export function openSession(request: ShellRequest): readonly Intent[] {
  return isChange(request) ? [{ kind: 'confirm', ask: confirmation(request) }] : begin(request);
}

const doing: Readonly<Record<ShellRequest['tool'], string>> = {
  exec: 'looking for a shell in the container …',
  debug: 'preparing the debug container …',
  psql: 'starting psql …',
  'redis-cli': 'starting redis-cli …',
};

function begin(request: ShellRequest): readonly Intent[] {
  return [
    { kind: 'notice', says: doing[request.tool] },
    { kind: 'send', command: { kind: 'shell', what: { do: 'open', turn: ulid(), request } } },
  ];
}

const titles: Readonly<Record<ShellRequest['tool'], string>> = {
  exec: 'Open a shell in a container',
  debug: 'Start a debug container',
  psql: 'Open psql',
  'redis-cli': 'Open redis-cli',
};

function confirmation(request: ShellRequest): Confirmation {
  return {
    title: titles[request.tool],
    lines: (state, columns) => sessionLines(request, state, columns),
    accept: { by: 'key', word: request.tool === 'debug' ? 'start it' : 'open' },
    unless: ({ arming, world }) => forbids(arming, world.now, armKey),
    remedy: armRemedy,
    accepted: () => begin(request),
  };
}

const armKey = 'a';

/** Arms a read-only environment from a confirmation. */
export function armRemedy(state: State): Remedy | undefined {
  if (settle(state.arming, state.world.now).state !== 'read-only') return undefined;
  return { key: armKey, title: `arm ${state.world.scope.environment}`, form: armForm(state) };
}

/** Why an environment does not allow a change now. */
export const notArmed = ({ arming, world }: State): string | undefined => forbids(arming, world.now, armKey);

function sessionLines(request: ShellRequest, { incidentContext, world }: State, columns: number): readonly Line[] {
  if (!incidentContext) return [];
  const { targets } = incidentContext;
  return descriptionList(
    [
      ['where', `${world.scope.environment}: ${sessionTarget(request, targets)}`],
      ['command', sessionCommand(request, targets)],
      ['note', [guardSays(request), changesSay(request)].filter(Boolean).join(' ')],
    ],
    columns - 4,
  ).map((each) => line('  ', each));
}

function changesSay({ tool }: ShellRequest): string {
  const recorded = 'The journal records start, end, exit code and command, not what is typed.';
  if (tool === 'exec' || tool === 'debug') return `What you do inside changes the running container. ${recorded}`;
  return `It can change data. ${recorded}`;
}

/** The containers of a pod, where its detail is loaded. */
function containersOf(state: State, pod: string): readonly string[] {
  const detail = newest(queryReading<'pod'>(state.queries, { kind: 'pod', pod }))?.value;
  return (detail?.containers ?? []).filter(({ role }) => role !== 'init').map(({ name }) => name);
}

/** A shell in a pod; of several containers one is chosen first. */
export function openPodShell(pod: Pod, state: State, container?: string): readonly Intent[] {
  const open = (name: string) => openSession({ tool: 'exec', pod: pod.name, container: name });
  const known = containersOf(state, pod.name);
  if (container !== undefined || pod.containers.total <= 1) return open(container ?? known[0] ?? '');
  const form: Form = {
    title: `Shell in ${pod.name}`,
    fields: [
      {
        name: 'container',
        ask: 'container',
        kind: 'choice',
        choices: (state) => containersOf(state, pod.name),
        looks: () => ({ kind: 'pod', pod: pod.name }),
      },
    ],
    submit: ({ container: chosen = '' }) => (chosen ? open(chosen) : 'choose a container'),
  };
  return [{ kind: 'form', form }];
}

/** A debug container beside a container without a shell: its image is asked for. */
export function openDebug(pod: string, container: string, { incidentContext }: State): readonly Intent[] {
  const form: Form = {
    title: `Debug container in ${pod}`,
    fields: [
      {
        name: 'image',
        ask: 'image of the debug container',
        kind: 'text',
        value: incidentContext?.targets.debugImage ?? '',
        wrong: (text) => (isImageName(text) ? undefined : 'not the name of an image'),
        hint: () => 'has a shell; default: kubernetes.debugImage',
        looks: () => ({ kind: 'pod', pod }),
      },
    ],
    lines: (_, columns) =>
      wrap(
        'The container has no shell. An ephemeral container in the same pod has one; it shares network and processes, and stays until the pod is replaced.',
        columns - 4,
      ).map((text) => line('  ', text)),
    submit: ({ image = '' }, state) => {
      const target = container || (containersOf(state, pod)[0] ?? '');
      return openSession({ tool: 'debug', pod, container: target, image });
    },
  };
  return [{ kind: 'form', form }];
}
