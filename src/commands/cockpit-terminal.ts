// What the cockpit asks of the terminal beside drawing: clipboard, title, bell, suspension.
import type { ReadStream, WriteStream } from 'node:tty';
import { clean } from '../core/text/text.ts';

/** Terminals and tmux refuse longer ones; 74,994 base64 characters is xterm's limit. */
const longestCopy = 50_000;

const osc = (text: string) => `\u001b]${text}\u0007`;

export class Terminal {
  readonly #in: ReadStream;
  readonly #out: WriteStream;
  #title = '';

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
    this.#out.write('\u001b[22;2t\u001b[?2004h');
  }

  /** Takes everything off the screen, whoever wrote it there; what is written next begins at its top. */
  wipe(): void {
    this.#out.write('\u001b[H\u001b[2J');
  }

  close(): void {
    this.#out.write(`\u001b[?2004l${this.#title ? osc('2;') : ''}\u001b[23;2t`);
  }

  /** Written once per change. */
  title(text: string): void {
    if (text === this.#title) return;
    this.#title = text;
    this.#out.write(osc(`2;${clean(text, 100)}`));
  }

  bell(): void {
    this.#out.write('\u0007');
  }

  /**
   * OSC 52: the clipboard of the terminal the person sits at, through ssh too. tmux takes it itself (set-clipboard) or
   * hands it on when it comes wrapped (allow-passthrough); so does screen.
   */
  copy(text: string): void {
    const sequence = osc(`52;c;${Buffer.from(clean(text, longestCopy)).toString('base64')}`);
    this.#out.write(sequence);
    if (process.env.TMUX) this.#out.write(`\u001bPtmux;${sequence.replaceAll('\u001b', '\u001b\u001b')}\u001b\\`);
    else if (process.env.STY) this.#out.write(`\u001bP${sequence}\u001b\\`);
  }

  /** Stops this process and its launcher, as Ctrl+Z does; resolves when the shell has brought them back. */
  async suspend(): Promise<void> {
    // Nobody listens: the signal does what it does by itself.
    const listeners = process.listeners('SIGTSTP');
    process.removeAllListeners('SIGTSTP');
    process.kill(0, 'SIGTSTP');
    // Runs on after the stop; at once where there is no shell to go back to.
    await new Promise((resolve) => setTimeout(resolve, 50));
    for (const listener of listeners) process.on('SIGTSTP', listener);
  }
}
