// The keyboard: standard input without the replies of the terminal.
import { Transform, type TransformCallback } from 'node:stream';
import type { ReadStream } from 'node:tty';
import { type Answering, keysAmong } from '../../core/text/answers.ts';

/** What Ink asks of the terminal it reads from, beside the keys. */
export class Keyboard extends Transform {
  readonly isTTY = true;
  readonly #terminal: ReadStream;
  #answering: Answering | undefined;

  constructor(terminal: ReadStream) {
    super({ decodeStrings: false, encoding: 'utf8' });
    this.#terminal = terminal;
    // A character may come in two pieces.
    terminal.setEncoding('utf8').pipe(this);
  }

  override _transform(input: string, _: BufferEncoding, done: TransformCallback): void {
    const { keys, answering } = keysAmong(input, this.#answering, Date.now());
    this.#answering = answering;
    done(null, keys);
  }

  setRawMode(raw: boolean): this {
    this.#terminal.setRawMode(raw);
    return this;
  }

  ref(): this {
    this.#terminal.ref();
    return this;
  }

  unref(): this {
    this.#terminal.unref();
    return this;
  }
}
