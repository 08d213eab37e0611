// The terminal that the cockpit would open on, and the tmux around it, for `doctor`.
import type { Settings } from '../../config/settings.ts';
import { type Tmux, terminalCheckups } from '../../core/health/terminal-checkups.ts';
import { sanitize } from '../../core/text/text.ts';
import type { Ms } from '../../core/time.ts';
import type { DoctorCheck } from '../doctor-check.ts';
import { childEnvironment } from './environment.ts';
import { printedBy } from './printed.ts';

/** Judges the terminal of standard output, or of standard error where the output goes to a program. */
export function terminalProbe({ display }: Settings, timeout: Ms): DoctorCheck {
  return {
    area: 'terminal',
    what: 'terminal',
    where: 'this terminal',
    essential: false,
    async run(signal) {
      const terminal = [process.stdout, process.stderr].find(({ isTTY }) => isTTY);
      const size = terminal && { columns: terminal.columns, rows: terminal.rows };
      const tmux = size && process.env.TMUX ? await askTmux(timeout, signal) : undefined;
      return terminalCheckups({ environment: process.env, size, display, tmux });
    },
  };
}

const asked = '#{version}\t#{escape-time}\t#{set-clipboard}\t#{mouse}';

/** Asks the tmux that TMUX names for its version and options. `timeout` in ms. */
async function askTmux(timeout: Ms, signal: AbortSignal): Promise<Tmux | 'silent'> {
  try {
    const env = childEnvironment(process.env, ['TMUX', 'TMUX_PANE', 'TMUX_TMPDIR']);
    const stdout = await printedBy(['tmux', 'display-message', '-p', asked], { timeout, cancelSignal: signal, env });
    const [version = '', escapeTime = '', clipboard = '', mouse = ''] = sanitize(stdout.trimEnd(), 200).split(/\t| /);
    return { version, escapeTime: Number(escapeTime), clipboard, mouse: mouse === '1' };
  } catch {
    return 'silent';
  }
}
