// A real tmux for tests: a server of its own, and a client of it in a terminal under test.
import { execFileSync } from 'node:child_process';
import { existsSync, rmSync } from 'node:fs';
import path from 'node:path';
import { endsWithThisProcess } from './bound.ts';
import { alive, childrenOf, TerminalUnderTest } from './terminal.ts';

export const tmux = ['/usr/bin/tmux', '/usr/local/bin/tmux', '/bin/tmux'].find(existsSync);

export class TmuxUnderTest {
  readonly #socket: string;
  readonly #home: string;
  readonly #release: () => void;

  /** `options`: as tmux's own `set -g` takes them. */
  constructor(
    home: string,
    command: string,
    options: Readonly<Record<string, string>>,
    environment: NodeJS.ProcessEnv,
  ) {
    this.#home = home;
    this.#socket = path.join(home, 'tmux');
    const env = { ...environment, PATH: process.env.PATH, LANG: 'C.UTF-8', TERM: 'xterm-256color', SHELL: '/bin/sh' };
    const set = Object.entries(options).flatMap(([name, value]) => ['set', '-g', name, value, ';']);
    this.#run([...set, 'new-session', '-d', '-x', '80', '-y', '24', command], env);
    this.#release = endsWithThisProcess(Number(this.says('pid')));
  }

  #run(args: readonly string[], env: NodeJS.ProcessEnv = process.env): string {
    return execFileSync(tmux ?? 'tmux', ['-S', this.#socket, '-f', '/dev/null', ...args], { env, encoding: 'utf8' });
  }

  /** What tmux says of its one pane: `pane_title`, `window_bell_flag` … */
  says(name: string): string {
    return this.#run(['display-message', '-p', `#{${name}}`]).trim();
  }

  /** The newest paste buffer; empty where there is none. */
  get buffer(): string {
    return this.#run(['list-buffers', '-F', '#{buffer_sample}']).split('\n')[0] ?? '';
  }

  /** A person who looks at it. */
  attach(size: { columns?: number; rows?: number } = {}): TerminalUnderTest {
    return new TerminalUnderTest({
      program: tmux ?? 'tmux',
      args: ['-S', this.#socket, 'attach'],
      environment: { HOME: this.#home },
      ...size,
    });
  }

  detach(): void {
    this.#run(['detach-client']);
  }

  /** Ends it, and waits for what ran in it: a cockpit writes its journal to the end. */
  async close(): Promise<void> {
    let running: readonly number[] = [];
    try {
      const shell = Number(this.says('pane_pid'));
      running = [shell, ...childrenOf(shell)];
      this.#run(['kill-server']);
    } catch {
      // It ended with its last pane.
    }
    this.#release();
    while (running.some(alive)) await new Promise((resolve) => setTimeout(resolve, 25));
    rmSync(this.#socket, { force: true });
  }
}
