// The rows of the terminal. Frames of Ink, and rows that are drawn past Ink, reach it as the cells that changed, in one
// write: over a slow line each frame arrives at once, and a tick costs little more than its cells.
import type { WriteStream } from 'node:tty';
import { isBehind, taken } from '../terminal-waits.ts';
import { isPlain, rowDifference } from './row-difference.ts';

/** Synchronized output (DEC mode 2026): Ink writes one before a frame and the other after it. */
const begin = '\u001b[?2026h';
const end = '\u001b[?2026l';

/** The alternate screen, and where its first frame begins: what was typed ahead and echoed has moved the cursor. */
const alternate = '\u001b[?1049h';
const home = '\u001b[H';
const hideCursor = '\u001b[?25l';

/** Modes that change no cell: nearly all but those of the alternate screen. */
const harmless = /^(?:\u001b\[\?(?!47|104)\d+[hl])*$/;

/** What Ink writes to hide the cursor and to take its last frame away, before the whole next one. */
const erasing = /^(?:\u001b\[(?:\?25l|2K|1A|G|1;1H|J))*/;
/** What is no text and no colour. */
const unpaintable = /(?!\n|\u001b\[[\d;:]*m)\p{Cc}/u;

/** Rows from the top of a terminal of so many columns. */
type Rows = { rows: readonly string[]; columns: number };

export class TerminalRows {
  readonly #out: WriteStream;
  /** For Ink, instead of `out`. It must not render incrementally: each of its frames has to have all rows. */
  readonly stdout: WriteStream;
  /** What Ink has written of a frame whose end has not come. */
  #frame: string | undefined;
  /** What the terminal shows; undefined while that is not known: it was cleared, or another program has it. */
  #shown: Rows | undefined;
  /** Ink's last frame. */
  #ink: Rows | undefined;
  /** What was drawn past Ink since its tree was last brought up to date. */
  #newer: Rows | undefined;
  /** What was drawn past Ink is still shown, though Ink's tree is newer: a frame like its last one Ink does not write. */
  #isOwed = false;
  /** Writes the newest frame when the terminal, which is behind, has taken the last one: those between are left out. */
  #late: (() => void) | undefined;

  constructor(out: WriteStream) {
    this.#out = out;
    const write = (chunk: string | Uint8Array, ...rest: never[]) => this.#take(chunk, rest);
    this.stdout = new Proxy(out, {
      get(target, key) {
        if (key === 'write') return write;
        const value = Reflect.get(target, key);
        return typeof value === 'function' ? value.bind(target) : value;
      },
    });
  }

  /**
   * Draws the rows of a whole screen past Ink. False, and nothing is drawn, where Ink has to do it: the terminal's rows are
   * not known, or a character is not one column wide.
   */
  draw(rows: readonly string[]): boolean {
    const known = this.#known();
    if (this.#frame !== undefined || !known || rows.length !== this.#out.rows) return false;
    if (!rows.every((row, y) => row === known.rows[y] || isPlain(row))) return false;
    this.#newer = this.#paint(rows);
    return true;
  }

  /** Ink's tree was brought up to date: what it draws from now on is as new as what was drawn past it. */
  committed(): void {
    this.#isOwed ||= this.#newer !== undefined;
    this.#newer = undefined;
  }

  /** Ink has drawn its tree, and written nothing where that is what it wrote last. */
  rendered(): void {
    if (this.#newer || !this.#isOwed) return;
    this.#isOwed = false;
    if (this.#known() && this.#ink && this.#fits(this.#ink)) this.#paint(this.#ink.rows);
  }

  #take(chunk: string | Uint8Array, rest: never[]): boolean {
    if (chunk === begin) {
      // A frame whose end never came is not kept back.
      if (this.#frame !== undefined) this.#pass(this.#frame);
      this.#frame = begin;
      return true;
    }
    if (this.#frame === undefined || typeof chunk !== 'string' || rest.length > 0) return this.#pass(chunk, rest);
    this.#frame += chunk;
    if (chunk !== end) return true;
    const frame = this.#frame;
    this.#frame = undefined;
    return this.#takeFrame(frame);
  }

  #takeFrame(frame: string): boolean {
    const text = frame.slice(begin.length, -end.length).replace(erasing, '');
    const own: Rows = { rows: text.split('\n'), columns: this.#out.columns };
    const isWhole = own.rows.length === this.#out.rows && !unpaintable.test(text);
    this.#ink = isWhole ? own : undefined;
    if (this.#newer) {
      // Ink draws its tree again, which is older. Of another size it is drawn anew at once.
      if (this.#fits(this.#newer)) this.#paint(this.#newer.rows);
      return true;
    }
    this.#isOwed = false;
    if (!isWhole) {
      if (this.#isLater(() => this.#pass(`${begin}${home}\u001b[J${text}${end}`))) return false;
      return this.#pass(frame);
    }
    this.#paint(own.rows);
    return true;
  }

  /** Writes what is no frame of whole rows as it is. */
  #pass(chunk: string | Uint8Array, rest: never[] = []): boolean {
    if (typeof chunk !== 'string' || !harmless.test(chunk)) {
      this.#shown = undefined;
      this.#late = undefined;
    }
    const isOpening = typeof chunk === 'string' && chunk.startsWith(alternate);
    return this.#out.write(isOpening ? chunk.replace(alternate, alternate + home) : chunk, ...rest);
  }

  /** Writes what differs from what is shown; leaves the cursor in the last row, from where Ink counts. */
  #paint(rows: readonly string[]): Rows {
    const whole: Rows = { rows, columns: this.#out.columns };
    // Of another size it is drawn anew at once.
    if (this.#isLater(() => this.#fits(whole) && this.#paint(rows))) return whole;
    const known = this.#known();
    const changes = known
      ? rows.map((row, y) => (row === known.rows[y] ? '' : rowDifference(known.rows[y] ?? '', row, y + 1))).join('')
      : `${hideCursor}${home}\u001b[J${rows.join('\n')}`;
    this.#shown = whole;
    if (changes) this.#out.write(`${begin}${changes}${known ? `\u001b[${rows.length}H` : ''}${end}`);
    return whole;
  }

  /** Whether the terminal is behind: then `write` is called when it has taken what it has, unless a newer one replaces it. */
  #isLater(write: () => void): boolean {
    if (!isBehind(this.#out)) return false;
    if (!this.#late) taken(this.#out).then(() => this.#goOn());
    this.#late = write;
    return true;
  }

  #goOn(): void {
    const write = this.#late;
    this.#late = undefined;
    write?.();
  }

  #known(): Rows | undefined {
    return this.#shown && this.#fits(this.#shown) ? this.#shown : undefined;
  }

  #fits({ rows, columns }: Rows): boolean {
    return rows.length === this.#out.rows && columns === this.#out.columns;
  }
}
