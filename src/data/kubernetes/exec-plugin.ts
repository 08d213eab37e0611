// Credential plugins (aws, gke-gcloud-auth-plugin, kubelogin …), run as client-go runs them: without a terminal of ours,
// and to an end of their own where possible, because a login that is cut off has to begin again.
import { spawn } from 'node:child_process';
import { sanitize } from '../../core/text/text.ts';
import { type Ms, minute } from '../../core/time.ts';
import { foreignEnvironment } from '../tools/environment.ts';
import { endWithUs } from '../tools/left-behind.ts';
import type { ExecPlugin } from './kubeconfig.ts';

export type PluginRun = {
  time?: Ms;
  /** It has the terminal: it asks there, has no deadline, and ends by Ctrl+C. */
  terminal?: boolean;
  signal?: AbortSignal;
};

/** The state of a run, for those who wait for it. */
export type PluginProgress = { command: string; said: string };

/** How it ended: with its output, or why not. `said`: the end of what it wrote to stderr, sanitized. */
export type PluginEnd =
  | { kind: 'output'; output: string }
  | { kind: 'missing' | 'failed' | 'overdue' | 'flood'; said: string };

/** A login in a browser can take minutes (kubelogin waits for 3 min); after that the plugin counts as hanging. */
const pluginTime: Ms = 3 * minute;
const longestOutput = 1 << 20;
/** Of its last words. */
const longestWords = 2000;

/** Runs it once, to its end. Never throws. */
export function runPlugin(
  plugin: ExecPlugin,
  info: string,
  progress: (now: PluginProgress) => void,
  { time = pluginTime, terminal = false, signal }: PluginRun = {},
): Promise<PluginEnd> {
  const command = sanitize(plugin.command, 200);
  // It logs the user in, so it gets the user's environment: HOME, AWS_PROFILE, proxies, a browser to open.
  const env = { ...foreignEnvironment(process.env), ...plugin.env, KUBERNETES_EXEC_INFO: info };
  return new Promise((resolve) => {
    // In a session of its own it cannot write to the terminal, and what it starts ends with it.
    const child = terminal
      ? spawn(plugin.command, [...plugin.args], { env, stdio: ['inherit', 'pipe', 'inherit'] })
      : spawn(plugin.command, [...plugin.args], { env, detached: true, stdio: ['ignore', 'pipe', 'pipe'] });
    const stopWatch = child.pid === undefined ? undefined : endWithUs(terminal ? child.pid : -child.pid);
    const output: Buffer[] = [];
    let length = 0;
    let words = '';
    let stopped: 'overdue' | 'flood' | undefined;
    const said = () =>
      sanitize(
        words
          .trim()
          .split('\n')
          .map((line) => line.trim())
          .filter(Boolean)
          .slice(-3)
          .join('; '),
        300,
      );
    const kill = () => {
      try {
        if (terminal) child.kill('SIGKILL');
        else if (child.pid !== undefined) process.kill(-child.pid, 'SIGKILL');
      } catch {
        // It has ended.
      }
    };
    const end = (how: PluginEnd) => {
      clearTimeout(timer);
      signal?.removeEventListener('abort', kill);
      process.off('exit', kill);
      stopWatch?.();
      kill();
      child.stdout.destroy();
      child.stderr?.destroy();
      resolve(how);
    };
    const stop = (why: 'overdue' | 'flood') => {
      stopped = why;
      kill();
    };
    const timer = terminal ? undefined : setTimeout(() => stop('overdue'), time);
    process.on('exit', kill);
    signal?.addEventListener('abort', kill, { once: true });
    progress({ command, said: '' });
    child.stdout.on('data', (chunk: Buffer) => {
      length += chunk.length;
      if (length > longestOutput) stop('flood');
      else output.push(chunk);
    });
    child.stderr?.on('data', (chunk: Buffer) => {
      words = (words + chunk.toString('utf8')).slice(-longestWords);
      progress({ command, said: said() });
    });
    child.on('error', (error: NodeJS.ErrnoException) => {
      if (error.code !== 'ENOENT') words = error.message;
      end({ kind: error.code === 'ENOENT' ? 'missing' : 'failed', said: said() });
    });
    // Child processes may keep its streams open: its own output has arrived by then.
    child.on('exit', (code) => {
      setImmediate(() => {
        if (stopped) end({ kind: stopped, said: said() });
        else if (code === 0) end({ kind: 'output', output: Buffer.concat(output).toString('utf8') });
        else end({ kind: 'failed', said: said() });
      });
    });
  });
}
