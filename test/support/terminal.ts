// A real terminal for tests: a pseudo-terminal whose other end is a headless xterm. It starts whole programs, sends
// keys as a keyboard does, and reads the screen as an eye does. Waiting is always for something to be seen.
import { readdirSync, readFileSync, readlinkSync } from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import xterm from '@xterm/headless';
import { type IPty, spawn } from 'node-pty';

const launcher = fileURLToPath(new URL('../../bin/bentham-cockpit.cjs', import.meta.url));

export type TerminalOptions = {
  args?: readonly string[];
  /** Whole environment beside PATH, HOME, TERM, LANG and TMPDIR. */
  environment?: Readonly<Record<string, string>>;
  columns?: number;
  rows?: number;
  /** Another program than the cockpit. */
  program?: string;
  /** Where it is started; absent: here. */
  cwd?: string;
};

/** An environment with every backend on a port where nothing listens. */
export const nowhere = (home: string) => ({
  HOME: home,
  KUBECONFIG: path.join(home, 'none'),
  BENTHAM_GATEWAY_URL: 'http://127.0.0.1:1',
  PGHOST: '127.0.0.1',
  PGPORT: '1',
  REDIS_URL: 'redis://127.0.0.1:1',
  AWS_EC2_METADATA_DISABLED: 'true',
  AWS_ENDPOINT_URL: 'http://127.0.0.1:1',
});

/** How long anything may take to be seen; generous, since machines are slow and the wait ends when it is seen. */
const patience = 60_000;
/** What works on for longer than this works without an end. */
const longestWork = 5000;

/** Names of keys, as a keyboard sends them. */
const keys: Record<string, string> = {
  enter: '\r',
  esc: '\u001b',
  tab: '\t',
  'shift-tab': '\u001b[Z',
  space: ' ',
  backspace: '\u007f',
  up: '\u001b[A',
  down: '\u001b[B',
  right: '\u001b[C',
  left: '\u001b[D',
  pageup: '\u001b[5~',
  pagedown: '\u001b[6~',
  home: '\u001b[H',
  end: '\u001b[F',
};

function bytesOf(key: string): string {
  const named = keys[key];
  if (named) return named;
  if (/^ctrl-[a-z]$/.test(key)) return String.fromCharCode(key.charCodeAt(5) - 96);
  return key;
}

export class TerminalUnderTest {
  readonly #pty: IPty;
  readonly #screen: xterm.Terminal;
  #bytes = 0;
  #raw = '';
  #exit: { code: number; signal: number } | undefined;

  constructor({ args = [], environment = {}, columns = 80, rows = 24, program, cwd }: TerminalOptions) {
    this.#screen = new xterm.Terminal({ cols: columns, rows, allowProposedApi: true, scrollback: 2000 });
    this.#pty = spawn(program ?? process.execPath, program ? [...args] : [launcher, ...args], {
      name: 'xterm-256color',
      cols: columns,
      rows,
      ...(cwd === undefined ? {} : { cwd }),
      env: {
        PATH: process.env.PATH ?? '',
        HOME: process.env.HOME ?? '/',
        TERM: 'xterm-256color',
        LANG: 'C.UTF-8',
        ...(process.env.TMPDIR && { TMPDIR: process.env.TMPDIR }),
        ...environment,
      },
    });
    this.#pty.onData((data) => {
      this.#bytes += Buffer.byteLength(data);
      this.#raw = (this.#raw + data).slice(-200_000);
      this.#screen.write(data);
    });
    // Programs ask the terminal what it is; a keyboard would carry its answers.
    this.#screen.onData((answer) => this.#pty.write(answer));
    this.#pty.onExit(({ exitCode, signal }) => {
      this.#exit = { code: exitCode, signal: signal ?? 0 };
    });
  }

  get pid(): number {
    return this.#pty.pid;
  }

  /** Bytes received so far. */
  get bytes(): number {
    return this.#bytes;
  }

  /** The last 200 kB as they came, escape sequences and all. */
  get raw(): string {
    return this.#raw;
  }

  /** The visible rows, without trailing blanks. */
  get lines(): readonly string[] {
    const buffer = this.#screen.buffer.active;
    return Array.from({ length: this.#screen.rows }, (_, row) =>
      (buffer.getLine(buffer.viewportY + row)?.translateToString(true) ?? '').trimEnd(),
    );
  }

  get text(): string {
    return this.lines.join('\n');
  }

  /** The emulator behind it, for what the rows alone do not tell: colours, the cursor, the title. */
  get emulator(): xterm.Terminal {
    return this.#screen;
  }

  /** True while the program shows its full screen. */
  get fullScreen(): boolean {
    return this.#screen.buffer.active.type === 'alternate';
  }

  /** Presses keys one after another: names (`enter`, `esc`, `ctrl-d`, `down`) or characters. */
  press(...names: string[]): this {
    for (const name of names) this.#pty.write(bytesOf(name));
    return this;
  }

  /** Types a text, as one burst of keys. */
  type(text: string): this {
    this.#pty.write(text);
    return this;
  }

  /** Pastes as terminals do: in brackets, where the program asked for them. */
  paste(text: string): this {
    this.#pty.write(this.#screen.modes.bracketedPasteMode ? `\u001b[200~${text}\u001b[201~` : text);
    return this;
  }

  resize(columns: number, rows: number): this {
    this.#screen.resize(columns, rows);
    this.#pty.resize(columns, rows);
    return this;
  }

  /** Waits until the screen shows it. */
  async shows(what: string | RegExp, timeout = patience): Promise<this> {
    const wanted = pattern(what);
    await until(
      () => wanted.test(this.text),
      timeout,
      () => `${wanted} was not seen; the screen shows:\n${this.text}`,
    );
    return this;
  }

  /** Scrolls a plan to its end, as its confirmation demands; gives how many keys that took. */
  async readsPlan(): Promise<number> {
    const more = () => /scroll down: (\d+) more/.exec(this.text)?.[1];
    for (let keys = 0; ; keys += 1) {
      const left = more();
      if (left === undefined) return keys;
      this.press('pagedown');
      await until(
        () => more() !== left,
        patience,
        () => `the plan does not scroll:\n${this.text}`,
      );
    }
  }

  /** Waits until the screen does not show it any more. */
  async hides(what: string | RegExp, timeout = patience): Promise<this> {
    const unwanted = pattern(what);
    await until(
      () => !unwanted.test(this.text),
      timeout,
      () => `${unwanted} did not go; the screen shows:\n${this.text}`,
    );
    return this;
  }

  /**
   * Waits until nothing was drawn for `quiet` ms, at most for the patience. On a busy machine silence alone is no rest:
   * for some seconds, no thread of the program may be waiting for a processor either.
   */
  async settles(quiet = 200): Promise<this> {
    let seen = -1;
    const begun = Date.now();
    let since = begun;
    await until(
      () => {
        const now = Date.now();
        if (seen !== this.#bytes || (now - begun < longestWork && isBusy(this.#pty.pid))) since = now;
        seen = this.#bytes;
        return Date.now() - since >= quiet;
      },
      patience,
      () => `the screen does not come to rest:\n${this.text}`,
    );
    return this;
  }

  /** Waits until the row under the marker counts as seen there, also where it came by itself. */
  async rests(): Promise<this> {
    return this.settles(400);
  }

  /** Stops reading what the program writes, as a connection that hangs does; `readsOn` ends it. */
  stalls(): this {
    this.#pty.pause();
    return this;
  }

  readsOn(): this {
    this.#pty.resume();
    return this;
  }

  /** Goes away, as a window that is closed does. */
  hangUp(): this {
    if ('destroy' in this.#pty && typeof this.#pty.destroy === 'function') this.#pty.destroy();
    return this;
  }

  signal(name: string): this {
    this.#pty.kill(name);
    return this;
  }

  /** Waits for the program to end. */
  async ends(timeout = patience): Promise<{ code: number; signal: number }> {
    await until(
      () => this.#exit !== undefined,
      timeout,
      () => `it did not end; the screen shows:\n${this.text}`,
    );
    return this.#exit ?? { code: -1, signal: 0 };
  }

  /** For afterEach: whatever happened, nothing of it stays. */
  async close(): Promise<void> {
    if (!this.#exit && alive(this.#pty.pid)) this.#pty.kill('SIGKILL');
    await this.ends();
    this.#screen.dispose();
  }
}

/** Looks every 25 ms until it is so; fails with what there is instead. */
async function until(so: () => boolean, timeout: number, instead: () => string): Promise<void> {
  const end = Date.now() + timeout;
  while (!so()) {
    if (Date.now() > end) throw new Error(instead());
    await new Promise((resolve) => setTimeout(resolve, 25));
  }
}

function pattern(what: string | RegExp): RegExp {
  return typeof what === 'string' ? new RegExp(what.replace(/[.*+?^${}()|[\]\\]/g, '\\$&')) : what;
}

/** Whether a thread of the process, or of one that it started, runs or waits for a processor. */
function isBusy(pid: number): boolean {
  try {
    const threads = [pid, ...childrenOf(pid)].flatMap((each) =>
      readdirSync(`/proc/${each}/task`).map((thread) => `/proc/${each}/task/${thread}/stat`),
    );
    return threads.some((file) => / \(.*\) R /.test(readFileSync(file, 'utf8')));
  } catch {
    return false;
  }
}

/** The processes that a process started and that still run. */
export function childrenOf(pid: number): number[] {
  try {
    const text = readFileSync(`/proc/${pid}/task/${pid}/children`, 'utf8');
    return text.split(' ').filter(Boolean).map(Number);
  } catch {
    return [];
  }
}

/** Whether a process runs (a zombie does not). */
export function alive(pid: number): boolean {
  try {
    readlinkSync(`/proc/${pid}/exe`);
    return true;
  } catch {
    return false;
  }
}
