// Keeps the newest lines of a log within limits, with a window on those that pass a filter: on the newest, or,
// for a reader, around any kept line.
import { type LogEntry, type LogLine, readEntry } from '../../../core/logs/log.ts';
import type { LogFields } from '../../../core/logs/log-fields.ts';
import { type LogFilter, noFilter, passes } from '../../../core/logs/log-filter.ts';
import { type LogsPosition, mostShown } from '../../../core/logs/log-view.ts';
import { withRequest } from '../../../core/logs/request-line.ts';
import { RequestTrail } from '../../../core/logs/request-trail.ts';
import { type Bounds, LineRing, lowest } from './line-ring.ts';
import { NumberQueue } from './number-queue.ts';

const usualBounds: Bounds = { lines: 100_000, bytes: 64 * 1024 * 1024 };

/** Lines that are asked before the time is looked at. */
const atOnce = 256;

/** The entries of a window, and the number, among all that passed, of the line that would follow its last. */
type Window = { entries: readonly LogEntry[]; next: number };

export class LogBuffer {
  readonly #fields: LogFields;
  readonly #lines: LineRing;
  /** The numbers of the kept lines that pass. */
  readonly #passing: NumberQueue;
  /** How many lines passed and are forgotten, since the filter was set: the first of `#passing` has this number. */
  #gone = 0;
  /** The number of the line that is asked next whether it passes, and of the one whose ids are learned next. */
  #next = 0;
  #learned = 0;
  #filter: LogFilter = noFilter;
  #trail: RequestTrail;
  #window: Window = { entries: [], next: 0 };
  #paused = false;
  generation = 1;
  collected = 0;
  passed = 0;

  constructor(fields: LogFields, bounds = usualBounds) {
    this.#fields = fields;
    this.#lines = new LineRing(bounds);
    this.#passing = new NumberQueue(bounds.lines);
    this.#trail = new RequestTrail(noFilter, fields);
  }

  /** What the filter did not understand. */
  get problems(): readonly string[] {
    return this.#filter.problems;
  }

  /** Lines that were dropped to stay within bounds. */
  get forgotten(): number {
    return this.#lines.first;
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

  /** Whether every kept line was asked whether it passes. */
  get isWhole(): boolean {
    return this.#next === this.#lines.end;
  }

  /** Takes lines, in order. */
  add(lines: readonly LogLine[]): void {
    for (const line of lines) if (!line.mark) this.collected += 1;
    const { isWhole } = this;
    let grew = false;
    for (const line of lines) {
      this.#keep(line);
      if (this.#trail.isAsked) grew = this.#trail.learn(line) || grew;
      // Else the scan comes to it.
      if (isWhole) this.#ask(line);
    }
    if (!grew) return;
    // Earlier lines contain the ids that were learned now.
    const around = this.#paused ? (this.#window.entries[0]?.id ?? 0) : undefined;
    this.#restart();
    if (isWhole) this.#finish(around);
  }

  /** Applies another filter to all kept lines: shows the newest, or those around the line `around`. */
  filter(filter: LogFilter, around?: number): void {
    this.begin(filter);
    this.#finish(around);
  }

  /** Applies another filter: `scan` asks the kept lines, and `show` shows those that pass. */
  begin(filter: LogFilter): void {
    this.#filter = filter;
    this.#trail = new RequestTrail(filter, this.#fields);
    this.#restart();
    this.#learned = this.#trail.isAsked ? this.#lines.first : this.#lines.end;
  }

  /** Asks kept lines while there is time, some at least; gives whether all were asked. */
  scan(hasTime: () => boolean): boolean {
    for (let left = atOnce; !this.isWhole; left -= 1) {
      if (left === 0) {
        if (!hasTime()) return false;
        left = atOnce;
      }
      // All ids of a request first: a line may have one that a later line tells.
      if (this.#learned < this.#lines.end) this.#trail.learn(this.#lines.at(this.#learned++));
      else this.#ask(this.#lines.at(this.#next));
    }
    return true;
  }

  /** Shows the newest lines, or those around the line `around`. */
  show(around?: number): void {
    if (around === undefined) this.#toEnd();
    else this.look(around);
  }

  #finish(around?: number): void {
    this.scan(() => true);
    this.show(around);
  }

  #restart(): void {
    this.generation += 1;
    this.passed = 0;
    this.#passing.clear();
    this.#gone = 0;
    this.#window = { entries: [], next: 0 };
    this.#next = this.#lines.first;
    this.#learned = this.#lines.end;
  }

  /** Asks the next line whether it passes. */
  #ask(line: LogLine): void {
    const number = this.#next;
    this.#next += 1;
    if (!passes(this.#filter, line, this.#fields, this.#trail)) return;
    this.#passing.push(number);
    if (!line.mark) this.passed += 1;
  }

  /** Pauses, or follows the end. */
  pause(paused: boolean): void {
    this.#paused = paused;
  }

  /** Puts the window around the line with this id, or where it would be; 0: at the oldest. Used while paused. */
  look(around: number): void {
    const at = lowest(0, this.#passing.length, (i) => this.#idAt(i) >= around);
    const before = mostShown / 2;
    const held = at < before ? this.#held().slice(at - before) : [];
    const from = Math.max(0, at - before);
    const to = Math.min(this.#passing.length, Math.max(at + before, from + mostShown - held.length));
    const start = Math.max(0, Math.min(from, to - mostShown + held.length));
    const entries = [...held, ...this.#gap(held), ...this.#read(start, to)];
    this.#window = { entries, next: this.#gone + to };
  }

  /**
   * The window: entries that pass, oldest first. Entries keep their identity, and the list too where nothing changed.
   * `most`: entries of a window that follows the end.
   */
  entries(most = mostShown): readonly LogEntry[] {
    if (!this.#paused && (this.waiting > 0 || this.#window.entries.length < Math.min(most, this.#passing.length)))
      this.#toEnd(most);
    // A view paused before the first line would stay empty for ever.
    else if (this.#paused && this.#window.entries.length === 0 && this.#passing.length > 0) this.look(0);
    return this.#window.entries;
  }

  /** Every kept line that passes, oldest first, as entries. No lines are added meanwhile; the filter may change. */
  *all(): Generator<LogEntry> {
    const numbers = Array.from({ length: this.#passing.length }, (_, i) => this.#passing.at(i));
    for (const number of numbers) yield this.#entryOf(number);
  }

  #toEnd(most = mostShown): void {
    const { length } = this.#passing;
    this.#window = { entries: this.#read(Math.max(0, length - most), length), next: this.#gone + length };
  }

  /** Entries of passing lines; those of the present window are taken from it. */
  #read(from: number, to: number): LogEntry[] {
    const known = new Map(this.#window.entries.map((entry) => [entry.id, entry]));
    return Array.from(
      { length: to - from },
      (_, i) => known.get(this.#idAt(from + i)) ?? this.#entryOf(this.#passing.at(from + i)),
    );
  }

  /** The id of a passing line; not a number outside. */
  #idAt(i: number): number {
    return this.#lines.idOf(this.#passing.at(i));
  }

  #entryOf(number: number): LogEntry {
    return withRequest(readEntry(this.#lines.at(number), this.#fields), () => this.#before(number), this.#fields);
  }

  /** The lines before one, the nearest first. */
  *#before(number: number): Generator<LogLine> {
    for (let at = number - 1; at >= this.#lines.first; at -= 1) yield this.#lines.at(at);
  }

  /** Entries of the window whose lines are forgotten. */
  #held(): readonly LogEntry[] {
    const { entries } = this.#window;
    const oldest = this.#idAt(0);
    const kept = entries.findIndex(({ id }) => id >= oldest);
    return kept < 0 ? entries : entries.slice(0, kept);
  }

  /** Says what is missing between held entries and the oldest line. */
  #gap(held: readonly LogEntry[]): readonly LogEntry[] {
    const { entries, next } = this.#window;
    const last = held.at(-1);
    const lost = this.#gone - (next - entries.length + this.#held().length);
    if (!last || this.#passing.length === 0 || lost <= 0) return [];
    const text = `${lost} line${lost === 1 ? '' : 's'} dropped here while paused`;
    const mark = { id: this.#idAt(0) - 0.5, at: last.at, pod: '', container: '', previous: false, text, mark: true };
    return [readEntry(mark, this.#fields)];
  }

  #keep(line: LogLine): void {
    this.#lines.push(line);
    this.#next = Math.max(this.#next, this.#lines.first);
    this.#learned = Math.max(this.#learned, this.#lines.first);
    while (this.#passing.at(0) < this.#lines.first) {
      this.#passing.shift();
      this.#gone += 1;
    }
  }
}
