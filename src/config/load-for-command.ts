// What every command does first.
import { homedir } from 'node:os';
import type { Command } from 'commander';
import { flagsOf, usageError } from './flags.ts';
import type { Loaded } from './load.ts';
import { complain, tell } from './output.ts';
import { describeProblem } from './problem.ts';

/** Where this process looks for its configuration. */
export function here() {
  return { environment: process.env, home: process.env.HOME || homedir(), cwd: process.cwd() };
}

/** So many mistakes are told at a time. */
const mostTold = 100;

/**
 * The settings for a command line, this process's environment and the file. What is wrong is printed to standard error
 * and ends the program with code 64; warnings are printed and do not.
 */
export async function loadForCommand(command: Command): Promise<Extract<Loaded, { ok: true }>> {
  // Imported when a command runs, so that --help and completion do not load the schema.
  const { loadSettings } = await import('./load.ts');
  const loaded = await loadSettings({ flags: flagsOf(command), ...here() });
  for (const warning of loaded.warnings) complain(describeProblem(warning));
  if (loaded.ok) return loaded;
  const many = loaded.problems.length > 1;
  complain(`the configuration has ${many ? `${loaded.problems.length} mistakes` : 'a mistake'}:`);
  for (const problem of loaded.problems.slice(0, mostTold)) tell(`  ${describeProblem(problem)}`);
  if (loaded.problems.length > mostTold) tell(`  … and ${loaded.problems.length - mostTold} more`);
  tell('Nothing was started. `bentham-cockpit config check` looks again.');
  process.exit(usageError);
}
