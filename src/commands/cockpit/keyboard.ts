// The keyboard: standard input without the replies of the terminal and the reports of its mouse.
import { Transform, type TransformCallback } from 'node:stream';
import type { ReadStream } from 'node:tty';
import { type Answering, keysAmong } from '../../core/text/answers.ts';
import { escapeWaits, keysOfRest, type MouseReport, type MouseRest, mouseAmong } from '../../core/text/mouse.ts';
import { type Ms, second } from '../../core/time.ts';

/** Reports taken in a second; each may cost a frame. A trackpad sends some more, and their rows are gone by then. */
const mostReports = 100;

/** What Ink asks of the terminal it reads from, beside the keys. */
export class Keyboard extends Transform {
  readonly isTTY = true;
  readonly #terminal: ReadStream;
  #answering: Answering | undefined;
  #rest: MouseRest | undefined;
  #waiting: NodeJS.Timeout | undefined;
  #taken = { since: 0 as Ms, count: 0 };
  /** Takes the reports of the mouse. */
  mouse: (report: MouseReport) => void = () => {};
  /** Takes what the terminal said of itself. */
  answered: (answer: string) => void = () => {};
  /** Whether the terminal was asked for reports: an Esc may then be the first of one. */
  reports = false;

  constructor(terminal: ReadStream) {
    super({ decodeStrings: false, encoding: 'utf8' });
    this.#terminal = terminal;
    // A character may come in two pieces.
    terminal.setEncoding('utf8').pipe(this);
  }

  override _transform(input: string, _: BufferEncoding, done: TransformCallback): void {
    clearTimeout(this.#waiting);
    const { keys, answers, answering } = keysAmong(input, this.#answering, Date.now());
    this.#answering = answering;
    const found = mouseAmong(keys, this.#rest, Date.now(), this.reports);
    this.#rest = found.rest;
    if (found.rest && keysOfRest(found.rest) !== '') this.#waiting = setTimeout(() => this.#takeRest(), escapeWaits);
    // Keys before clicks: a click behind a key means what the screen shows then.
    done(null, found.keys);
    const taken = this.#within(found.reports, Date.now());
    setImmediate(() => {
      for (const each of answers) this.answered(each);
      for (const each of taken) this.mouse(each);
    });
  }

  /** As many reports as may still be taken in this second. */
  #within(reports: readonly MouseReport[], now: Ms): readonly MouseReport[] {
    if (Math.abs(now - this.#taken.since) >= second) this.#taken = { since: now, count: 0 };
    const taken = reports.slice(0, mostReports - this.#taken.count);
    this.#taken.count += taken.length;
    return taken;
  }

  /** Nothing followed: what was kept back was a key. */
  #takeRest(): void {
    const rest = this.#rest;
    if (!rest) return;
    this.#rest = rest.pasting ? { ...rest, text: '' } : undefined;
    this.push(keysOfRest(rest));
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
