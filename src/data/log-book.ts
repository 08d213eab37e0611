// Keeps the newest lines of a log within bounds, and the window on them that passes a filter.
import { type LogEntry, type LogFields, type LogLine, readEntry } from '../core/log.ts';
import { type LogFilter, noFilter, passes } from '../core/log-filter.ts';
import { passing, withoutExpressions } from '../core/log-passing.ts';
import { mostShown } from '../core/log-view.ts';

/** As many lines are kept, and as many characters of them. */
const mostLines = 100_000;
const mostCharacters = 64 * 1024 * 1024;

export type Bounds = { lines: number; characters: number };

export class LogBook {
  readonly #fields: LogFields;
  readonly #bounds: Bounds;
  /** A ring: `#lines[(#first + i) % bounds.lines]`. */
  readonly #lines: (LogLine | undefined)[] = [];
  #first = 0;
  #count = 0;
  #characters = 0;
  #filter: LogFilter = noFilter;
  #entries: LogEntry[] = [];
  #fresh: LogLine[] = [];
  generation = 1;
  collected = 0;
  passed = 0;
  skipped = 0;
  forgotten = 0;
  waiting = 0;
  #paused = false;

  constructor(fields: LogFields, bounds: Bounds = { lines: mostLines, characters: mostCharacters }) {
    this.#fields = fields;
    this.#bounds = bounds;
  }

  /** What the filter did not understand, or could not do in time. */
  get problems(): readonly string[] {
    return this.#filter.problems;
  }

  /** Takes lines, in order. */
  add(lines: readonly LogLine[]): void {
    for (const line of lines) {
      this.#keep(line);
      if (!line.mark) this.collected += 1;
    }
    const passed = passing(this.#filter, lines, this.#fields);
    // An expression without end must not hold up the alerts.
    if (!passed) {
      this.filter(withoutExpressions(this.#filter));
      return;
    }
    for (const line of passed) {
      if (!line.mark) this.passed += 1;
      if (this.#paused) this.waiting += 1;
      else this.#fresh.push(line);
    }
    // What came too fast to be shown is counted, not shown; it stays in the book.
    if (this.#fresh.length > mostShown * 2) this.skipped += this.#dropFresh();
  }

  /** Shows what passes another filter, of all that is kept. */
  filter(filter: LogFilter): void {
    const kept = Array.from({ length: this.#count }, (_, i) => this.#at(i)).filter((line) => line !== undefined);
    const found = passing(filter, kept, this.#fields);
    if (!found) {
      this.filter(withoutExpressions(filter));
      return;
    }
    this.#filter = filter;
    this.generation += 1;
    this.skipped = 0;
    this.waiting = 0;
    this.#fresh = [];
    this.passed = found.reduce((sum, line) => sum + (line.mark ? 0 : 1), 0);
    this.#entries = found.slice(-mostShown).map((line) => readEntry(line, this.#fields));
  }

  /** Stands still, or goes on with all that waited. */
  pause(paused: boolean): void {
    if (this.#paused === paused) return;
    this.entries();
    this.#paused = paused;
    if (paused) return;
    const newest = this.#entries.at(-1)?.id ?? 0;
    const missed: LogLine[] = [];
    for (let i = this.#count - 1; i >= 0; i -= 1) {
      const line = this.#at(i);
      if (!line || line.id <= newest) break;
      if (passes(this.#filter, line, this.#fields)) missed.push(line);
    }
    this.#fresh = missed.reverse();
    this.waiting = 0;
  }

  /** The window: the newest entries that pass, oldest first. Entries keep their identity. */
  entries(): readonly LogEntry[] {
    if (this.#fresh.length === 0) return this.#entries;
    this.skipped += this.#dropFresh();
    const read = this.#fresh.map((line) => readEntry(line, this.#fields));
    this.#fresh = [];
    this.#entries = [...this.#entries.slice(-Math.max(0, mostShown - read.length)), ...read].slice(-mostShown);
    return this.#entries;
  }

  /** Every kept line that passes, oldest first, as entries. */
  *all(): Generator<LogEntry> {
    for (let i = 0; i < this.#count; i += 1) {
      const line = this.#at(i);
      if (line && passes(this.#filter, line, this.#fields)) yield readEntry(line, this.#fields);
    }
  }

  #dropFresh(): number {
    const tooMany = Math.max(0, this.#fresh.length - mostShown);
    if (tooMany > 0) this.#fresh = this.#fresh.slice(tooMany);
    return tooMany;
  }

  #at(i: number): LogLine | undefined {
    return this.#lines[(this.#first + i) % this.#bounds.lines];
  }

  #keep(line: LogLine): void {
    const { lines, characters } = this.#bounds;
    const size = sizeOf(line);
    while (this.#count > 0 && (this.#count >= lines || this.#characters + size > characters)) this.#forget();
    this.#lines[(this.#first + this.#count) % lines] = line;
    this.#count += 1;
    this.#characters += size;
  }

  #forget(): void {
    const oldest = this.#lines[this.#first];
    this.#lines[this.#first] = undefined;
    this.#first = (this.#first + 1) % this.#bounds.lines;
    this.#count -= 1;
    this.#characters -= oldest ? sizeOf(oldest) : 0;
    this.forgotten += 1;
  }
}

function sizeOf(line: LogLine): number {
  return line.text.length + (line.more?.reduce((sum, more) => sum + more.length, 0) ?? 0) + 100;
}
