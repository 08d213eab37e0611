// Loads settings from literals: files, variables and flags as a test writes them.
import type { Flags } from '../../src/config/flags.ts';
import type { Disk } from '../../src/config/io.ts';
import { type Loaded, loadSettings } from '../../src/config/load.ts';
import { describeProblem } from '../../src/config/problem.ts';

export type Files = Record<string, string | { text: string; mode: number }>;

/** The usual place of the configuration file. */
export const configFile = '/home/ops/.config/bentham-cockpit/config.yaml';

const disk = (files: Files): Disk => ({
  read: (path) => {
    const file = files[path];
    return typeof file === 'object' ? file.text : file;
  },
  mode: (path) => {
    const file = files[path];
    return file === undefined ? undefined : typeof file === 'object' ? file.mode : 0o600;
  },
});

export type Given = { flags?: Flags; env?: Record<string, string>; files?: Files; yaml?: string };

/** `yaml` is the text of the usual configuration file. */
export function load({ flags = {}, env = {}, files = {}, yaml }: Given): Promise<Loaded> {
  const all = yaml === undefined ? files : { ...files, [configFile]: yaml };
  return loadSettings({ flags, environment: env, home: '/home/ops', cwd: '/srv/bentham', disk: disk(all) });
}

/** Settings that must be right; `from` tells an option's origin. */
export async function good(given: Given) {
  const loaded = await load(given);
  if (!loaded.ok) throw new Error(loaded.problems.map(describeProblem).join('\n'));
  return { ...loaded, from: (path: string) => loaded.origins.get(path)?.says };
}

/** What is wrong, as it is printed; without the name of the usual file. */
export async function mistakes(given: Given): Promise<string[]> {
  const loaded = await load(given);
  return loaded.ok ? [] : loaded.problems.map((one) => describeProblem(one).replace(`${configFile}:`, ''));
}
