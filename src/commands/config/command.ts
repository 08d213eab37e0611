// `config`, `config check`, `config schema`.
import { Command } from 'commander';
import { addSettingsFlags, usageError } from '../../config/flags.ts';
import { loadForCommand } from '../../config/load-for-command.ts';
import { complain, print, tell } from '../../config/output.ts';
import { describeProblem } from '../../config/problem.ts';
import { loadWithOwn } from '../own-commands.ts';

/** The effective configuration, and what is wrong with it. */
export function configCommand(): Command {
  const command = addSettingsFlags(new Command('config'))
    .description('print the effective configuration, each value with its source')
    .option('--json', 'machine-readable output')
    .action(async (options: { json?: boolean }) => {
      const loaded = await loadForCommand(command);
      const [{ configJson, configText }, { describeRedirection }, { formInForce }] = await Promise.all([
        import('../../config/show.ts'),
        import('../../config/load.ts'),
        import('../../data/postgres/form-check.ts'),
      ]);
      const form = await formInForce(loaded.settings);
      if (options.json) {
        const tables = form.rows.map(({ what, verdict, answer }) => ({ what, verdict, answer }));
        const database = { tables, problem: form.fault?.what ?? null };
        return print(JSON.stringify({ ...configJson(loaded), database }, null, 2));
      }
      print(`# ${loaded.file ?? 'no configuration file'}`);
      for (const one of loaded.redirected) print(`# ${loaded.settings.profile}: ${describeRedirection(one)}`);
      for (const text of form.lines) print(`# ${text}`);
      print(configText(loaded));
    });

  const check = addSettingsFlags(command.command('check'))
    .description('check the configuration; print each error and its fix')
    .action(async () => {
      const loaded = await loadWithOwn(check);
      const [{ describeRedirection }, { withFreeKeys }] = await Promise.all([
        import('../../config/load.ts'),
        import('./own-keys.ts'),
      ]);
      const own = loaded.settings.own && withFreeKeys(loaded.settings.own);
      if (own && own.problems.length > 0) {
        const many = own.problems.length > 1;
        complain(
          `${own.file} has ${many ? `${own.problems.length} errors` : 'an error'}; none of its commands is offered:`,
        );
        for (const text of own.problems) tell(`  ${text}`);
        process.exitCode = usageError;
        return;
      }
      print(`✓ ${loaded.file ?? 'no configuration file'}, profile ${loaded.settings.profile}: no errors`);
      if (own?.file !== undefined) print(`✓ ${own.file}: ${own.commands.length} own commands, no errors`);
      for (const one of loaded.redirected) print(`  ${describeRedirection(one)}`);
      for (const one of loaded.ignored) print(`  ${describeProblem(one)}`);
    });

  command
    .command('schema')
    .description('print the JSON schema of the configuration file, for editors')
    .option('--commands', 'of the file of your own commands')
    .action(async ({ commands }: { commands?: boolean }) => {
      if (commands) {
        const { ownCommandsSchema } = await import('../../config/own-commands/schema.ts');
        return print(JSON.stringify(ownCommandsSchema(), null, 2));
      }
      const { fileSchema } = await import('../../config/schema.ts');
      print(JSON.stringify(fileSchema(), null, 2));
    });
  return command;
}
