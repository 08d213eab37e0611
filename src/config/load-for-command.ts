// What every command does first.
import { homedir } from 'node:os';
import type { Command } from 'commander';
import about from '../../package.json' with { type: 'json' };
import { debugLog } from '../disk/debug-log.ts';
import { flagsOf, usageError } from './flags.ts';
import type { Loaded } from './load.ts';
import { complain, printGlyphs, tell } from './output.ts';
import { describeProblem } from './problem.ts';

/** Where this process reads its configuration. */
export function here() {
  return { environment: process.env, home: process.env.HOME || homedir(), cwd: process.cwd() };
}

/** Maximum number of errors printed at once. */
const mostTold = 100;

/**
 * The settings for a command line, this process's environment and the file. What is wrong is printed to standard error
 * and ends the program with code 64; warnings are printed and do not.
 */
export async function loadForCommand(command: Command): Promise<Extract<Loaded, { ok: true }>> {
  // Imported when a command runs, so that --help and completion do not load the schema.
  const { loadSettings } = await import('./load.ts');
  const loaded = await loadSettings({ flags: flagsOf(command), ...here() });
  if (loaded.ok) printGlyphs(loaded.settings.display.glyphs);
  for (const warning of loaded.warnings) complain(describeProblem(warning));
  if (loaded.ok) {
    await openDebugLog(command, loaded);
    return loaded;
  }
  const many = loaded.problems.length > 1;
  complain(`the configuration has ${many ? `${loaded.problems.length} errors` : 'an error'}:`);
  for (const problem of loaded.problems.slice(0, mostTold)) tell(`  ${describeProblem(problem)}`);
  if (loaded.problems.length > mostTold) tell(`  … and ${loaded.problems.length - mostTold} more`);
  tell('Nothing was started. Fix this, then run `bentham-cockpit config check`.');
  process.exit(usageError);
}

/** Opens the debug log, if one is configured. If it cannot be written, that is reported and the command continues. */
async function openDebugLog(command: Command, { settings, origins, file }: Extract<Loaded, { ok: true }>) {
  const { log } = settings;
  if (log.file === undefined) return;
  const why = await debugLog.open({ file: log.file, level: log.level, thread: 'command' });
  if (why !== undefined) return complain(`cannot write the debug log: ${log.file} ${why}`);
  const names: string[] = [];
  for (let one: Command | null = command; one?.parent; one = one.parent) names.unshift(one.name());
  const given = command.options.filter((option) => command.getOptionValueSource(option.attributeName()) === 'cli');
  const { version: node, platform, arch } = process;
  // Names only: a value may be what a person typed.
  const flags = given.map((option) => option.long ?? option.short);
  debugLog.info('start', { version: about.version, node, platform, arch, command: names.join(' '), flags });
  const from = [...origins].filter(([, { layer }]) => layer !== 'default' && layer !== 'profile');
  debugLog.info('configuration', {
    profile: settings.profile,
    file: file ?? null,
    given: Object.fromEntries(from.map(([option, { says }]) => [option, says])),
  });
}
