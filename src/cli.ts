// The composition root: arguments → one command. A command's file only says what it is; what it does is imported when
// it runs, so that none pays for another's start-up.
import { Command } from 'commander';
import about from '../package.json' with { type: 'json' };
import { cockpitCommand } from './commands/cockpit/command.ts';
import { completeCommand, completionCommand } from './commands/completion/command.ts';
import { configCommand } from './commands/config/command.ts';
import { doctorCommand } from './commands/doctor/command.ts';
import { drillCommand } from './commands/drill/command.ts';
import { incidentCommand } from './commands/incident/command.ts';
import { logsCommand } from './commands/logs/command.ts';
import { runCommand } from './commands/run/command.ts';
import { statusCommand } from './commands/status/command.ts';

// The flags of `run` are those of its actions: who asks for something else does not load them.
const actions = process.argv.includes('run') ? (await import('./actions/index.ts')).actions : [];

const program = new Command('bentham-cockpit')
  .description("The screen an on-call engineer opens when Bentham's pager goes")
  .version(about.version, '-V, --version', 'print the version')
  .showHelpAfterError()
  .addCommand(cockpitCommand(), { isDefault: true })
  .addCommand(completionCommand())
  .addCommand(completeCommand(), { hidden: true })
  .addCommand(configCommand())
  .addCommand(statusCommand())
  .addCommand(doctorCommand())
  .addCommand(drillCommand())
  .addCommand(logsCommand())
  .addCommand(incidentCommand())
  .addCommand(runCommand(actions));

// `| head` closes the pipe: that is no error. Whoever has more to say about it listens too.
process.stdout.on('error', (error: NodeJS.ErrnoException) => {
  if (error.code === 'EPIPE' && process.stdout.listenerCount('error') === 1) process.exit();
});

/** Wrong usage, as sysexits.h has it: a 1 would mean a warning to whoever watches `status`. */
const usage = 64;

function endOnWrongUsage(command: Command): void {
  command.exitOverride(({ exitCode }) => process.exit(exitCode === 0 ? 0 : usage));
  command.commands.forEach(endOnWrongUsage);
}

endOnWrongUsage(program);
await program.parseAsync();
