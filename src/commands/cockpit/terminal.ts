// What the cockpit asks of the terminal beside drawing: clipboard, title, bell, suspension.
import { execFile, spawnSync } from 'node:child_process';
import { hostname } from 'node:os';
import type { ReadStream, WriteStream } from 'node:tty';
import { type NotificationWay, notificationSequence } from '../../core/text/notification.ts';
import { cleanLines, stripControl } from '../../core/text/text.ts';
import { childEnvironment } from '../../data/tools/environment.ts';
import { block, isBehind, taken, unblock } from '../terminal-waits.ts';

/** In bytes. Terminals and tmux refuse longer ones; 74,994 base64 characters is xterm's limit. */
const longestCopy = 50_000;

const mouseOn = '\u001b[?1000h\u001b[?1006h';
const mouseOff = '\u001b[?1006l\u001b[?1000l';

const osc = (text: string) => `\u001b]${text}\u0007`;

export class Terminal {
  readonly #in: ReadStream;
  readonly #out: WriteStream;
  #title = '';
  #away = false;
  #mouse = false;

  constructor(input: ReadStream, out: WriteStream) {
    this.#in = input;
    this.#out = out;
  }

  /**
   * Keeps the title that the terminal had, and takes keys and pasted text as they come. Ink does the latter too, but
   * after its first frame: what is typed ahead would be echoed over the screen, a ^C in it would end the program, and
   * pasted text would be taken for keys.
   */
  open(): void {
    this.#in.setRawMode(true);
    this.#unblock();
    this.#out.write('\u001b[22;2t\u001b[?2004h');
  }

  /** Neither a frame nor what is written to standard error (Ink's cursor, at the end) keeps a signal away. */
  #unblock(): void {
    for (const out of [this.#out, process.stderr]) unblock(out);
  }

  /** Clears the screen and moves the cursor to the top. */
  wipe(): void {
    this.#out.write('\u001b[H\u001b[2J');
  }

  /** Asks for clicks and the wheel (xterm's modes 1000 and 1006), or no longer. */
  mouse(on: boolean): void {
    if (on === this.#mouse) return;
    this.#mouse = on;
    if (!this.#away) this.#out.write(on ? mouseOn : mouseOff);
  }

  /** Asks again, where another program may have ended it. */
  askMouse(): void {
    if (this.#mouse) this.#out.write(mouseOn);
  }

  /** Asks for the colour of its background (xterm's OSC 11); the answer comes as input. */
  askGround(): void {
    this.#out.write(osc('11;?'));
  }

  /** Gives it back; resolves when it has taken that, which may be never. */
  async close(): Promise<void> {
    if (this.#mouse) this.#out.write(mouseOff);
    this.#out.write(`\u001b[?2004l${this.#untitled()}`);
    this.#away = true;
    await taken(this.#out);
    for (const out of [this.#out, process.stderr]) block(out);
  }

  /** Written once per change; while the shell has the terminal, not before it is back; none while it takes nothing. */
  title(text: string): void {
    if (text === this.#title || isBehind(this.#out)) return;
    this.#title = text;
    if (!this.#away) this.#out.write(this.#titled());
  }

  #titled(): string {
    return this.#title ? osc(`2;${stripControl(this.#title, 100)}`) : '';
  }

  /** The title that the terminal had. tmux keeps none to give back: there it is the host's name, as in a new pane. */
  #untitled(): string {
    return `${this.#title ? osc(`2;${stripControl(hostname(), 100)}`) : ''}\u001b[23;2t`;
  }

  /** Shows it on the desktop of the terminal the person sits at, through ssh too. */
  notify(way: NotificationWay, notification: Parameters<typeof notificationSequence>[1]): void {
    if (!this.#away) this.#out.write(notificationSequence(way, notification, process.env));
  }

  bell(): void {
    if (!this.#away) this.#out.write('\u0007');
  }

  /**
   * To the clipboard of the terminal the person sits at, through ssh too (OSC 52). Gives what is to be said of it: empty
   * where nothing stands between. What is too long is refused: half of a command is another command. tmux ignores what a program sends unless it is told otherwise (set-clipboard on,
   * allow-passthrough on), but takes it from its own command, and hands it on itself.
   */
  async copy(text: string): Promise<string | { refused: string }> {
    const safe = cleanLines(text, Number.POSITIVE_INFINITY);
    if (Buffer.byteLength(safe) > longestCopy) return { refused: 'too long for the terminal clipboard' };
    const sequence = osc(`52;c;${Buffer.from(safe).toString('base64')}`);
    const { TMUX, STY, TERM = '' } = process.env;
    const within = TMUX !== undefined || /^(tmux|screen)/.test(TERM);
    if (!within) {
      this.#out.write(sequence);
      return '';
    }
    if (STY) this.#out.write(`\u001bP${sequence}\u001b\\`);
    else this.#out.write(`\u001bPtmux;${sequence.replaceAll('\u001b', '\u001b\u001b')}\u001b\\`);
    if (TMUX && (await tmuxTakes(safe))) return ', also to the tmux buffer';
    this.#out.write(sequence);
    return STY ? '' : ' if tmux allows it (set-clipboard on)';
  }

  /**
   * Leaves the terminal to a program as the shell would, after the line `says`, until `away` is over: however it ended, the
   * terminal is as it was. Ink has left the full screen by then, and enters it again afterwards.
   */
  async handOver(says: string, away: () => Promise<void>): Promise<void> {
    this.#away = true;
    // The cockpit must not read keys that are typed for the program.
    this.#in.pause();
    this.#in.setRawMode(false);
    this.#out.write(`${this.#mouse ? mouseOff : ''}${this.#untitled()}\u001b[?2004l${cleanLines(says, 1000)}\n`);
    await taken(this.#out);
    const modes = stty('-g');
    try {
      await away();
    } finally {
      // A program that was killed leaves echo off, a mouse mode, another screen.
      if (modes) stty(modes.trim());
      // Programs that share it let it wait again.
      this.#unblock();
      this.#out.write(`${leftBehind}\u001b[22;2t\u001b[?2004h${this.#titled()}`);
      this.#away = false;
      this.askMouse();
      this.#in.setRawMode(true);
      this.#in.resume();
    }
  }

  /** Stops this process and its launcher, as Ctrl+Z does; resolves when the shell has brought them back. */
  async suspend(): Promise<void> {
    this.#away = true;
    this.#out.write(`${this.#mouse ? mouseOff : ''}${this.#untitled()}`);
    await taken(this.#out);
    // No other listener: apply the default action of the signal.
    const listeners = process.listeners('SIGTSTP');
    process.removeAllListeners('SIGTSTP');
    process.kill(0, 'SIGTSTP');
    // Runs on after the stop; at once where there is no shell to go back to.
    await new Promise((resolve) => setTimeout(resolve, 50));
    for (const listener of listeners) process.on('SIGTSTP', listener);
    this.#out.write(`\u001b[22;2t${this.#titled()}`);
    this.#away = false;
    this.askMouse();
  }
}

/**
 * Ends what a program may have begun: colours, a hidden cursor or another form of it, another screen or character set, mouse
 * and focus reports, pasting, keypad, inserting, no wrapping, reversed colours, other codes for keys. Then margins: their end
 * moves the cursor, which continues below all that is there.
 */
const leftBehind =
  '\u001b[0m\u001b[?25h\u001b[0 q\u001b[?1047l\u001b[?1000;1002;1003;1004;1005;1006;1015;1016;2004l\u001b[?1l\u001b>' +
  '\u000f\u001b(B\u001b[4l\u001b[20l\u001b[?7h\u001b[?5l\u001b[>4m\u001b[=0u\u001b[?69l\u001b[?6l\u001b[r\u001b[9999;1H\n';

/** Reads or sets the modes of the terminal; undefined where that fails. */
function stty(argument: string): string | undefined {
  const env = childEnvironment(process.env);
  const { status, stdout } = spawnSync('stty', [argument], {
    stdio: ['inherit', 'pipe', 'ignore'],
    env,
    timeout: 2000,
  });
  return status === 0 ? stdout.toString() : undefined;
}

/** Into tmux's newest buffer, and from there to the clipboards of those who are attached (`-w`, from 3.2 on). */
function tmuxTakes(text: string): Promise<boolean> {
  return new Promise((resolve) => {
    const env = childEnvironment(process.env, ['TMUX', 'TMUX_PANE', 'TMUX_TMPDIR']);
    const tmux = execFile('tmux', ['load-buffer', '-w', '-'], { timeout: 2000, env }, (error) =>
      resolve(error === null),
    );
    tmux.stdin?.on('error', () => {}).end(text);
  });
}
