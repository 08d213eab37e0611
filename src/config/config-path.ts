import path from 'node:path';
import { configVariable } from './environment.ts';
import type { Flags } from './flags.ts';
import type { Environment } from './io.ts';
import { resolvePath } from './layer.ts';

/** Where the configuration file is, or would be. */
export function configPath({
  flags,
  environment,
  home,
  cwd,
}: {
  flags: Pick<Flags, 'config'>;
  environment: Environment;
  home: string;
  cwd: string;
}): string {
  const named = flags.config ?? (environment[configVariable] || undefined);
  if (named) return resolvePath(named, cwd, home);
  // Relative paths in XDG variables are to be ignored (XDG Base Directory Specification).
  const xdg = environment.XDG_CONFIG_HOME;
  const directory = xdg && path.isAbsolute(xdg) ? xdg : path.join(home, '.config');
  return path.join(directory, 'bentham-cockpit', 'config.yaml');
}
