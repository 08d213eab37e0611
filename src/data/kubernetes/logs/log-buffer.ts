// Keeps the newest lines of a log within limits, with a window on those that pass a filter: on the newest, or,
// for a reader, around any kept line.
import { type LogEntry, type LogLine, readEntry } from '../../../core/logs/log.ts';
import type { LogFields } from '../../../core/logs/log-fields.ts';
import { type LogFilter, noFilter, passes } from '../../../core/logs/log-filter.ts';
import { type LogsPosition, mostShown } from '../../../core/logs/log-view.ts';
import { withRequest } from '../../../core/logs/request-line.ts';
import { RequestTrail } from '../../../core/logs/request-trail.ts';
import { Queue } from '../../queue.ts';

/** As many lines are kept, and as many characters of them. */
const mostLines = 100_000;
const mostCharacters = 64 * 1024 * 1024;

export type Bounds = { lines: number; characters: number };

/** The entries of a window, and the number, among all that passed, of the line that would follow its last. */
type Window = { entries: readonly LogEntry[]; next: number };

export class LogBuffer {
  readonly #fields: LogFields;
  readonly #bounds: Bounds;
  readonly #lines = new Queue<LogLine>();
  /** Those of the kept lines that pass. */
  #passing = new Queue<LogLine>();
  /** How many lines passed and are forgotten, since the filter was set: the first of `#passing` has this number. */
  #gone = 0;
  #characters = 0;
  #filter: LogFilter = noFilter;
  #trail: RequestTrail;
  #window: Window = { entries: [], next: 0 };
  #paused = false;
  generation = 1;
  collected = 0;
  passed = 0;
  forgotten = 0;

  constructor(fields: LogFields, bounds: Bounds = { lines: mostLines, characters: mostCharacters }) {
    this.#fields = fields;
    this.#bounds = bounds;
    this.#trail = new RequestTrail(noFilter, fields);
  }

  /** What the filter did not understand. */
  get problems(): readonly string[] {
    return this.#filter.problems;
  }

  /** Lines that pass and are newer than the window. */
  get waiting(): number {
    return this.#gone + this.#passing.length - this.#window.next;
  }

  /** The window's position in the kept lines. Its own lines stay even after the buffer dropped them. */
  get position(): LogsPosition {
    const { entries, next } = this.#window;
    const held = this.#held().length;
    const offset = next - entries.length;
    return { offset, first: held > 0 ? 0 : Math.max(0, offset - this.#gone), kept: this.#passing.length + held };
  }

  /** Takes lines, in order. */
  add(lines: readonly LogLine[]): void {
    for (const line of lines) if (!line.mark) this.collected += 1;
    let grew = false;
    for (const line of lines) {
      this.#keep(line);
      if (this.#trail.isAsked) grew = this.#trail.learn(line) || grew;
      if (!passes(this.#filter, line, this.#fields, this.#trail)) continue;
      this.#passing.push(line);
      if (!line.mark) this.passed += 1;
    }
    // Earlier lines contain the ids that were learned now.
    if (grew) this.#select(this.#paused ? (this.#window.entries[0]?.id ?? 0) : undefined);
  }

  /** Applies another filter to all kept lines: shows the newest, or those around the line `around`. */
  filter(filter: LogFilter, around?: number): void {
    this.#filter = filter;
    this.#trail = new RequestTrail(filter, this.#fields);
    if (this.#trail.isAsked) for (const line of this.#lines.slice()) this.#trail.learn(line);
    this.#select(around);
  }

  #select(around?: number): void {
    const found = this.#lines.slice().filter((line) => passes(this.#filter, line, this.#fields, this.#trail));
    this.generation += 1;
    this.passed = found.reduce((sum, line) => sum + (line.mark ? 0 : 1), 0);
    this.#passing = new Queue();
    for (const line of found) this.#passing.push(line);
    this.#gone = 0;
    this.#window = { entries: [], next: 0 };
    if (around === undefined) this.#toEnd();
    else this.look(around);
  }

  /** Pauses, or follows the end. */
  pause(paused: boolean): void {
    this.#paused = paused;
  }

  /** Puts the window around the line with this id, or where it would be; 0: at the oldest. Used while paused. */
  look(around: number): void {
    const at = indexOf(this.#passing, around);
    const before = mostShown / 2;
    const held = at < before ? this.#held().slice(at - before) : [];
    const from = Math.max(0, at - before);
    const to = Math.min(this.#passing.length, Math.max(at + before, from + mostShown - held.length));
    const start = Math.max(0, Math.min(from, to - mostShown + held.length));
    const entries = [...held, ...this.#gap(held), ...this.#read(start, to)];
    this.#window = { entries, next: this.#gone + to };
  }

  /** The window: entries that pass, oldest first. Entries keep their identity, and the list too where nothing changed. */
  entries(): readonly LogEntry[] {
    if (!this.#paused && this.waiting > 0) this.#toEnd();
    // A view paused before the first line would stay empty for ever.
    else if (this.#paused && this.#window.entries.length === 0 && this.#passing.length > 0) this.look(0);
    return this.#window.entries;
  }

  /** Every kept line that passes, oldest first, as entries. */
  *all(): Generator<LogEntry> {
    for (const line of this.#passing.slice()) yield this.#entryOf(line);
  }

  #toEnd(): void {
    const { length } = this.#passing;
    this.#window = { entries: this.#read(Math.max(0, length - mostShown), length), next: this.#gone + length };
  }

  /** Entries of passing lines; those of the present window are taken from it. */
  #read(from: number, to: number): LogEntry[] {
    const known = new Map(this.#window.entries.map((entry) => [entry.id, entry]));
    return this.#passing.slice(from, to).map((line) => known.get(line.id) ?? this.#entryOf(line));
  }

  #entryOf(line: LogLine): LogEntry {
    return withRequest(readEntry(line, this.#fields), () => this.#before(line.id), this.#fields);
  }

  /** The lines before one, the nearest first. */
  *#before(id: number): Generator<LogLine> {
    for (let at = indexOf(this.#lines, id) - 1; at >= 0; at -= 1) {
      const line = this.#lines.at(at);
      if (line) yield line;
    }
  }

  /** Entries of the window whose lines are forgotten. */
  #held(): readonly LogEntry[] {
    const { entries } = this.#window;
    const oldest = this.#passing.at(0)?.id ?? Number.POSITIVE_INFINITY;
    const kept = entries.findIndex(({ id }) => id >= oldest);
    return kept < 0 ? entries : entries.slice(0, kept);
  }

  /** Says what is missing between held entries and the oldest line. */
  #gap(held: readonly LogEntry[]): readonly LogEntry[] {
    const { entries, next } = this.#window;
    const last = held.at(-1);
    const oldest = this.#passing.at(0);
    const lost = this.#gone - (next - entries.length + this.#held().length);
    if (!last || !oldest || lost <= 0) return [];
    const text = `${lost} line${lost === 1 ? '' : 's'} dropped here while paused`;
    const mark = { id: oldest.id - 0.5, at: last.at, pod: '', container: '', previous: false, text, mark: true };
    return [readEntry(mark, this.#fields)];
  }

  #keep(line: LogLine): void {
    const { lines, characters } = this.#bounds;
    const size = sizeOf(line);
    while (this.#lines.length > 0 && (this.#lines.length >= lines || this.#characters + size > characters))
      this.#forget();
    this.#lines.push(line);
    this.#characters += size;
  }

  #forget(): void {
    const oldest = this.#lines.shift();
    if (!oldest) return;
    this.#characters -= sizeOf(oldest);
    this.forgotten += 1;
    if (this.#passing.at(0) !== oldest) return;
    this.#passing.shift();
    this.#gone += 1;
  }
}

/** The index of the first line with this id or a later one. */
function indexOf(lines: Queue<LogLine>, id: number): number {
  let low = 0;
  let high = lines.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if ((lines.at(middle)?.id ?? 0) < id) low = middle + 1;
    else high = middle;
  }
  return low;
}

function sizeOf(line: LogLine): number {
  return line.text.length + (line.more?.reduce((sum, more) => sum + more.length, 0) ?? 0) + 100;
}
