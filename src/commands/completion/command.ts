// `completion bash|zsh|fish`, and the hidden command that the scripts ask.

import { Argument, Command } from 'commander';
import { print } from '../../config/output.ts';
import type { Values, Vocabulary } from './tree.ts';

/** What the tree does not know. */
const vocabulary: Vocabulary = {
  '--profile': async () => {
    const [{ profileNames }, { here }] = await Promise.all([
      import('../../config/load.ts'),
      import('../../config/load-for-command.ts'),
    ]);
    return words((await profileNames({ flags: {}, ...here() })).map((name) => ({ name, about: '' })));
  },
  '--set': async () => {
    const { options } = await import('../../config/options.ts');
    const open = [...options.values()].filter((option) => !option.secret);
    return { kind: 'open', words: open.map(({ path, about }) => ({ name: `${path}=`, about })) };
  },
  'drill scenario': async () => {
    const { scenarios } = await import('../../../simulator/scenario.ts');
    return words(scenarios.map(({ id, says }) => ({ name: id, about: says })));
  },
};

function words(all: readonly { name: string; about: string }[]): Values {
  return { kind: 'words', words: all };
}

/** Prints the script of a shell. */
export function completionCommand(): Command {
  return new Command('completion')
    .description('print a shell completion script for commands, flags, scenarios and actions')
    .addArgument(new Argument('<shell>', 'shell').choices(['bash', 'zsh', 'fish']))
    .addHelpText(
      'after',
      `
bash: echo 'source <(bentham-cockpit completion bash)' >> ~/.bashrc
zsh:  echo 'source <(bentham-cockpit completion zsh)' >> ~/.zshrc      (after compinit)
fish: bentham-cockpit completion fish > ~/.config/fish/completions/bentham-cockpit.fish`,
    )
    .action(async (shell: 'bash' | 'zsh' | 'fish') => {
      const { scripts } = await import('./scripts.ts');
      process.stdout.write(scripts[shell]);
    });
}

/** What may come next; asked by the scripts with `__complete -- WORDS`. Not in the help. */
export function completeCommand(): Command {
  const command = new Command('__complete')
    .argument('[words...]')
    .helpOption(false)
    .action(async (typed: string[]) => {
      const { candidates } = await import('./tree.ts');
      const found = await candidates(command.parent ?? command, typed, vocabulary, 'cockpit');
      const lines =
        'words' in found ? found.words.map(({ name, about }) => `${name}\t${about.replace(/\s+/g, ' ')}`) : [];
      print([found.kind, ...lines].join('\n'));
    });
  return command;
}
