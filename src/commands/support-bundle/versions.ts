// What the cockpit runs on.
import { execFile } from 'node:child_process';
import { arch, platform, release } from 'node:os';
import about from '../../../package.json' with { type: 'json' };
import { commit, packaged } from '../../build.ts';
import { sanitize } from '../../core/text/text.ts';
import { childEnvironment } from '../../data/tools/environment.ts';

/** Variables that affect the screen. None contains a secret. */
const shown = [
  'TERM',
  'COLORTERM',
  'TERM_PROGRAM',
  'TERM_PROGRAM_VERSION',
  'LANG',
  'LC_ALL',
  'LC_CTYPE',
  'TZ',
] as const;
const colours = ['NO_COLOR', 'FORCE_COLOR'] as const;

/** Program, Node, system, terminal, locale. */
export async function versions(environment: NodeJS.ProcessEnv = process.env): Promise<object> {
  const { columns = null, rows = null, isTTY = false } = process.stdout;
  const set = [...shown, ...colours].filter((name) => environment[name] !== undefined);
  return {
    cockpit: about.version,
    commit: commit ?? null,
    packaged,
    node: process.version,
    components: process.versions,
    system: { platform: platform(), release: sanitize(release(), 100), architecture: arch() },
    terminal: { isTerminal: isTTY, columns, rows },
    tmux: environment.TMUX === undefined ? null : await tmuxVersion(environment),
    screen: environment.STY !== undefined,
    ssh: environment.SSH_CONNECTION !== undefined,
    environment: Object.fromEntries(set.map((name) => [name, sanitize(environment[name], 100)])),
    timeZone: Intl.DateTimeFormat().resolvedOptions().timeZone,
  };
}

function tmuxVersion(environment: NodeJS.ProcessEnv): Promise<string> {
  return new Promise((resolve) => {
    const env = childEnvironment(environment);
    execFile('tmux', ['-V'], { timeout: 2000, env }, (error, stdout) =>
      resolve(error ? 'unknown' : sanitize(stdout.trim(), 100)),
    );
  });
}
