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

  write(chunk: string, done?: () => void): boolean {
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
