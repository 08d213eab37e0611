// Looks that need no incident and no screen: what a pane or a list shows, once, as a table or as JSON.
import { Command, InvalidArgumentError, Option } from 'commander';
import { addSettingsFlags } from '../../config/flags.ts';
import { loadForCommand } from '../../config/load-for-command.ts';
import { hour, type Ms, minute, second } from '../../core/time.ts';
import { verifyEvidenceCommand } from '../evidence/command.ts';
import type { LookName } from './looks.ts';

type About = { name: LookName; says: string; argument?: string; about?: string };

const looks: readonly About[] = [
  { name: 'pods', says: 'print the pods of the namespace' },
  { name: 'sessions', says: 'print the sessions of the database, blocking ones first' },
  { name: 'statements', says: 'print the SQL statements that take most time (pg_stat_statements)' },
  { name: 'waits', says: 'sample what the sessions of the database wait for, and print it' },
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

type Given = { json?: boolean; server?: 'primary' | 'replica'; for?: Ms };

/** Looks at one of the two servers. */
const onServers: readonly LookName[] = ['sessions', 'statements', 'waits'];

/** Looks that take their time: what --for means, and its default in ms. */
const spans: Partial<Record<LookName, { says: string; preset: Ms | undefined; presetSays?: string }>> = {
  statements: { says: 'count for this long (10s, 2m), instead of since the statistics were reset', preset: undefined },
  waits: { says: 'sample for this long (10s, 2m), once a second', preset: minute, presetSays: '60s' },
};

/** `60s`, `2m` or `60`, between one second and an hour. */
function seconds(text: string): Ms {
  const [, count = '', unit = 's'] = /^(\d{1,4})(s|m)?$/.exec(text.trim()) ?? [];
  const span = Number(count) * (unit === 'm' ? minute : second);
  if (count === '' || span < second || span > hour)
    throw new InvalidArgumentError('It is a time from 1s to 60m, like 30s or 2m.');
  return span;
}

function given(text: string): string {
  if (text.trim() === '') throw new InvalidArgumentError('It is empty: give an id.');
  return text;
}

/** One command for each look. */
export function lookCommands(): readonly Command[] {
  return looks.map(({ name, says, argument, about }) => {
    const command = addSettingsFlags(new Command(name)).description(says);
    if (argument && about) command.argument(argument, about, given);
    if (onServers.includes(name))
      command.addOption(
        new Option('--server <server>', 'which server').choices(['primary', 'replica']).default('primary'),
      );
    const span = spans[name];
    if (span)
      command.addOption(new Option('--for <time>', span.says).argParser(seconds).default(span.preset, span.presetSays));
    if (name === 'evidence') command.enablePositionalOptions().addCommand(verifyEvidenceCommand());
    return command
      .option('--json', 'machine-readable output')
      .addHelpText('after', '\nExit code: 0 answered, 1 it does not exist, 3 no answer, or not from every part.')
      .action(async () => {
        const { settings } = await loadForCommand(command);
        const { runLook } = await import('./run.ts');
        const { json = false, server, for: span } = command.opts<Given>();
        await runLook(settings, name, { json, server, study: command.args[0], span });
      });
  });
}
