// The composition root: arguments → one command. Commands are imported when they are asked for, so that none pays
// for another's start-up.
import { Command } from 'commander';

const program = new Command('bentham-cockpit')
  .description("The screen an on-call engineer opens when Bentham's pager goes")
  .showHelpAfterError();

await program.parseAsync();
