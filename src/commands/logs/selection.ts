// Which lines are printed. All ids of a request find its lines: those before the line that tells of another id, too.
import type { LogLine } from '../../core/logs/log.ts';
import type { LogFields } from '../../core/logs/log-fields.ts';
import { type LogFilter, passes } from '../../core/logs/log-filter.ts';
import { RequestTrail } from '../../core/logs/request-trail.ts';

/** Lines that did not pass, kept for a while: they may belong to a request whose ids come later. */
const mostKept = 5000;

export class Selection {
  readonly #filter: LogFilter;
  readonly #fields: LogFields;
  readonly #trail: RequestTrail;
  #kept: LogLine[] = [];

  constructor(filter: LogFilter, fields: LogFields) {
    this.#filter = filter;
    this.#fields = fields;
    this.#trail = new RequestTrail(filter, fields);
  }

  /** Whether the past must be read once before: the ids of a request come at its end, after its other lines. */
  get looksAhead(): boolean {
    return this.#trail.isAsked;
  }

  /** Takes the ids of lines that are printed later. */
  learn(lines: readonly LogLine[]): void {
    for (const line of lines) this.#trail.learn(line);
  }

  /** The lines to print, in order. */
  take(lines: readonly LogLine[]): readonly LogLine[] {
    if (!this.#trail.isAsked) return lines.filter((line) => passes(this.#filter, line, this.#fields));
    return lines.flatMap((line) => {
      const earlier = this.#trail.learn(line) ? this.#newlyPassing() : [];
      if (this.#passes(line)) return [...earlier, line];
      this.#kept.push(line);
      if (this.#kept.length > 2 * mostKept) this.#kept = this.#kept.slice(-mostKept);
      return earlier;
    });
  }

  #newlyPassing(): readonly LogLine[] {
    const found = this.#kept.filter((line) => this.#passes(line));
    if (found.length > 0) this.#kept = this.#kept.filter((line) => !found.includes(line));
    return found;
  }

  readonly #passes = (line: LogLine): boolean => passes(this.#filter, line, this.#fields, this.#trail);
}
