// Finds commands.yaml, and reads it only if nobody else could have written it.
import path from 'node:path';
import type { OwnCommands } from '../../core/actions/own/command.ts';
import { readTrusted } from '../../disk/trusted-file.ts';
import { shorten } from '../io.ts';
import { describeProblem } from '../problem.ts';
import type { Settings } from '../settings.ts';

export type OwnSources = {
  settings: Pick<Settings, 'commands' | 'drill'>;
  /** The configuration file's path, also where there is none. */
  config: string;
  home: string;
  /** Names of actions, which no own command may have. */
  taken(name: string): boolean;
};

/** A drill's commands are named: those for the real platform do not belong there. */
export async function loadOwnCommands({ settings, config, home, taken }: OwnSources): Promise<OwnCommands> {
  const named = settings.commands.file;
  if (named === undefined && settings.drill !== undefined) return { commands: [], problems: [] };
  const file = named ?? path.join(path.dirname(config), 'commands.yaml');
  // The parser is loaded only where there is a file.
  const found = readTrusted(file, mostBytes);
  const refused = (right: string): OwnCommands => ({
    commands: [],
    file,
    problems: [describeProblem({ source: file, right })],
  });
  if ('missing' in found) return named === undefined ? { commands: [], problems: [] } : refused('does not exist');
  if ('refused' in found) return refused(found.refused);
  const { readOwnCommands } = await import('./read.ts');
  const { commands, problems, withheld } = readOwnCommands(found.text, {
    file: shorten(file, home),
    home,
    directory: path.dirname(file),
    taken,
  });
  return { commands, file, problems: problems.map(describeProblem), withheld };
}

/** A hundred commands. */
const mostBytes = 64 * 1024;
