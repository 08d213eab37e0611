// `run`: the same actions as on the screen, from the command line. Flags derive from the actions' fields.
import { Argument, Command, Option } from 'commander';
import { addSettingsFlags } from '../../config/flags.ts';
import { type Action, actionIds } from '../../core/actions/action.ts';
import type { RunFlags } from './flags.ts';

export const runExitCodes =
  'Exit code: 0 done and proven, 1 done and not proven in time, 2 failed, 3 outcome unknown,\n' +
  '4 refused, not available, cancelled or moved (nothing was changed), 64 wrong usage.\n' +
  'On a terminal, flags that are missing are asked for.';

/** One flag per field name; several actions share one. */
function fieldOptions(actions: readonly Pick<Action, 'fields'>[]): readonly Option[] {
  const asks = new Map<string, string>();
  for (const { fields } of actions)
    for (const { name, ask } of fields) if (!asks.has(name)) asks.set(name, ask.replace(/\?$/, ''));
  return [...asks].map(([name, ask]) => new Option(`--${name} <value>`, ask).helpGroup('Target:'));
}

/** `actions`: those whose flags it takes. */
export function runCommand(actions: readonly Pick<Action, 'fields'>[]): Command {
  const command = addSettingsFlags(new Command('run'))
    .description('carry out a remediation: it shows its plan, asks, does it, and looks whether it worked')
    .addArgument(
      // Named in the help; a wrong one is answered with what may have been meant.
      new Argument('[action]', 'which one; see --list').choices(actionIds).argParser((id: string) => id),
    )
    .option('--list', 'what there is, with risk and flags')
    .option('--dry-run', 'only show the plan')
    .option('-y, --yes', 'do not ask; never enough for what is irreversible')
    .option('--json', 'for programs')
    .option('--arm <reason>', 'open a read-only environment for this run; the reason is recorded')
    .option('--reason <text>', 'the same as --arm')
    .option('--target <value>', 'the value of the action’s first flag');
  for (const option of fieldOptions(actions)) command.addOption(option);
  return command
    .addHelpText('after', `\n${runExitCodes}`)
    .action(async (action: string | undefined, options: RunFlags) => {
      const { runAction } = await import('./action.ts');
      process.exitCode = await runAction(command, action, options);
    });
}
