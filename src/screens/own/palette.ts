// The keys and palette entries of the user's own commands (commands.yaml).
import { ownIdOf } from '../../actions/own.ts';
import type { Target } from '../../core/actions/action.ts';
import type { OwnCommand, OwnWhere } from '../../core/actions/own/command.ts';
import { askedFor, subjectOf } from '../../core/actions/own/placeholders.ts';
import type { State } from '../../store.ts';
import { offer } from '../actions/offer.ts';
import type { Binding, Entry, Here } from '../screen.ts';
import { line } from '../toolkit/line.ts';
import { ownTarget, screensOf } from './target.ts';

const isOn = (where: OwnWhere, screen: string): boolean => screensOf[where]?.includes(screen) ?? true;

/** The values that a command takes of what the marker is on. */
function valuesOf(command: OwnCommand, here: Here): Target {
  const names = new Set(askedFor(command).map(({ name }) => name));
  return Object.fromEntries(Object.entries(ownTarget(command.where, here)).filter(([name]) => names.has(name)));
}

function bindingOf(command: OwnCommand, key: string): Binding {
  const subject = subjectOf(command.where);
  return {
    id: ownIdOf(command),
    keys: [key],
    title: command.name,
    about: command.title,
    footer: 61,
    // In the palette it stands among the actions.
    silent: true,
    unless(here) {
      if (here.state.incidentContext?.observing) return 'this cockpit only observes';
      const isMarked = subject === undefined || valuesOf(command, here)[subject] !== undefined;
      return isMarked ? undefined : `no ${subject} is selected`;
    },
    run: (here) => offer(here.state, ownIdOf(command), valuesOf(command, here)),
  };
}

/** The keys of own commands on a screen. */
export function ownBindings(screen: string, state: State): readonly Binding[] {
  return (state.own?.commands ?? []).flatMap((command) =>
    command.key !== undefined && isOn(command.where, screen) ? [bindingOf(command, command.key)] : [],
  );
}

/** What the list of actions is opened for beside the fields of our actions. */
export function ownFields(here: Here): Target {
  const all = here.state.own?.commands ?? [];
  return Object.assign({}, ...all.map((command) => valuesOf(command, here)));
}

/** Why no own command is offered. */
export const ownEntries = ({ own }: State): readonly Entry[] => {
  if (!own || own.problems.length === 0) return [];
  const { file = 'commands.yaml', problems } = own;
  return [
    {
      id: 'own-commands/errors',
      title: 'own commands: errors',
      about: `${file} has errors: none of its commands is offered`,
      run: [
        {
          kind: 'details',
          title: 'own commands',
          lines: () => [
            line('  None is offered until this is fixed (bentham-cockpit config check):'),
            ...problems.map((text) => line(`  ${text}`)),
          ],
        },
      ],
    },
  ];
};
