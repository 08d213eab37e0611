// What a program writes to, as an emulated terminal shows it: for what draws, without a process around it.
import { EventEmitter } from 'node:events';
import type { WriteStream } from 'node:tty';
import xterm from '@xterm/headless';

export class EmulatedOutput extends EventEmitter {
  readonly isTTY = true;
  /** Each write, in order. */
  readonly writes: string[] = [];
  readonly #screen: xterm.Terminal;
  columns: number;
  rows: number;
  /** While it takes nothing: what waits, in order. */
  #waiting: [chunk: string, done?: () => void][] | undefined;

  constructor(columns: number, rows: number) {
    super();
    this.columns = columns;
    this.rows = rows;
    // A terminal in raw mode still takes a line feed for a new line (ONLCR).
    this.#screen = new xterm.Terminal({ cols: columns, rows, allowProposedApi: true, convertEol: true });
  }

  /** As the stream that programs know. */
  get stream(): WriteStream {
    return this as unknown as WriteStream;
  }

  /** As of Node's streams: what was written and not taken. */
  get writableLength(): number {
    return (this.#waiting ?? []).reduce((sum, [chunk]) => sum + chunk.length, 0);
  }

  /** Takes nothing from now on, as a connection that hangs; `readsOn` ends it. */
  stalls(): void {
    this.#waiting = [];
  }

  readsOn(): void {
    const waiting = this.#waiting ?? [];
    this.#waiting = undefined;
    for (const [chunk, done] of waiting) this.write(chunk, done);
  }

  write(chunk: string, done?: () => void): boolean {
    if (this.#waiting) {
      this.#waiting.push([chunk, done]);
      return false;
    }
    if (chunk !== '') this.writes.push(chunk);
    this.#screen.write(chunk);
    done?.();
    return true;
  }

  /** As a person does: the program is told at once. */
  resize(columns: number, rows: number): void {
    this.#screen.resize(columns, rows);
    Object.assign(this, { columns, rows });
    this.emit('resize');
  }

  /** Each row with the style of every cell. */
  async cells(): Promise<readonly string[]> {
    await new Promise<void>((resolve) => this.#screen.write('', resolve));
    const { active } = this.#screen.buffer;
    return Array.from({ length: this.rows }, (_, y) =>
      Array.from({ length: this.columns }, (__, x) => {
        const cell = active.getLine(active.baseY + y)?.getCell(x);
        const look = [cell?.getFgColor(), cell?.getBgColor(), cell?.isBold(), cell?.isDim(), cell?.isInverse()];
        return `${cell?.getChars() || ' '}/${look}`;
      }).join(' '),
    );
  }

  /** The rows without styles. */
  async lines(): Promise<readonly string[]> {
    await new Promise<void>((resolve) => this.#screen.write('', resolve));
    const { active } = this.#screen.buffer;
    return Array.from({ length: this.rows }, (_, y) =>
      (active.getLine(active.baseY + y)?.translateToString(true) ?? '').trimEnd(),
    );
  }
}
