// Looks that need no incident and no screen: what a pane or a list shows, once, as a table or as JSON.
import { Command, InvalidArgumentError, Option } from 'commander';
import { addSettingsFlags } from '../../config/flags.ts';
import { loadForCommand } from '../../config/load-for-command.ts';
import type { LookName } from './looks.ts';

type About = { name: LookName; says: string; argument?: string; about?: string };

const looks: readonly About[] = [
  { name: 'pods', says: 'print the pods of the namespace' },
  { name: 'sessions', says: 'print the sessions of the database, blocking ones first' },
  { name: 'keys', says: 'print the API keys of all tenants, never the keys themselves' },
  {
    name: 'evidence',
    says: 'print the evidence in the bucket, oldest first',
    argument: '[study]',
    about: 'versions and locks of one study',
  },
  { name: 'oncall', says: 'print who is on call, now and next, and the open pages, by PagerDuty' },
  { name: 'backups', says: 'print the backups that exist beside the schedule' },
  { name: 'study', says: 'print a study by the database and by the API', argument: '<study>', about: 'study id' },
];

function given(text: string): string {
  if (text.trim() === '') throw new InvalidArgumentError('It is empty: give an id.');
  return text;
}

/** One command for each look. */
export function lookCommands(): readonly Command[] {
  return looks.map(({ name, says, argument, about }) => {
    const command = addSettingsFlags(new Command(name)).description(says);
    if (argument && about) command.argument(argument, about, given);
    if (name === 'sessions')
      command.addOption(
        new Option('--server <server>', 'which server').choices(['primary', 'replica']).default('primary'),
      );
    return command
      .option('--json', 'machine-readable output')
      .addHelpText('after', '\nExit code: 0 answered, 1 it does not exist, 3 no answer, or not from every part.')
      .action(async () => {
        const { settings } = await loadForCommand(command);
        const { runLook } = await import('./run.ts');
        const { json = false, server } = command.opts<{ json?: boolean; server?: 'primary' | 'replica' }>();
        await runLook(settings, name, { json, server, study: command.args[0] });
      });
  });
}
