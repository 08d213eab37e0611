// One request has several ids: the gateway's own, the customer's, the trace's. A line that has two of them ties them
// together, so whoever asks for one finds the lines that have only another.

import { literal, type Matcher } from './expression.ts';
import type { LogLine } from './log.ts';
import type { LogFields } from './log-fields.ts';
import type { Clause, LogFilter } from './log-filter.ts';
import { readLine, requestIdsOf } from './log-line.ts';

/** Fastify and others count requests in each process: such an id means another request in another pod. */
export const isCounter = (id: string): boolean => /^req-[0-9a-z]{1,7}$|^\d{1,12}$/.test(id);

/** More ids than one request has: the requested id belongs to no single request. */
const mostIds = 1000;

type Trail = { clause: Clause; matches: Matcher; mayBeIn: Matcher; ids: Set<string> };

/** The ids of the request that a filter's `request=` names, as far as lines have shown. */
export class RequestTrail {
  readonly #fields: LogFields;
  readonly #trails: readonly Trail[];

  constructor(filter: LogFilter, fields: LogFields) {
    this.#fields = fields;
    this.#trails = filter.clauses.flatMap((clause): Trail[] => {
      if (clause.kind !== 'field' || clause.name !== 'requestId' || clause.comparison !== '=') return [];
      // What is not parsed costs little: most lines do not hold the id at all.
      const mayBeIn = literal(clause.value.split(/[*?]/).reduce((a, b) => (b.length > a.length ? b : a), ''));
      return [{ clause, matches: clause.pattern, mayBeIn, ids: new Set() }];
    });
  }

  /** Whether the filter asks for a request. */
  get isAsked(): boolean {
    return this.#trails.length > 0;
  }

  /** Collects the ids beside the requested one; returns whether there were new ones. */
  learn(line: LogLine): boolean {
    if (line.mark) return false;
    let grew = false;
    for (const { matches, mayBeIn, ids } of this.#trails) {
      if (!mayBeIn.test(line.text)) continue;
      const found = requestIdsOf(readLine(line.text), this.#fields);
      if (found.length < 2 || !found.some((id) => matches.test(id))) continue;
      for (const id of found) {
        if (matches.test(id) || ids.size >= mostIds || ids.has(scoped(line, id))) continue;
        ids.add(scoped(line, id));
        grew = true;
      }
    }
    return grew;
  }

  /** Whether the line has an id that belongs to what a clause asks for. */
  follows(clause: Clause, line: LogLine, ids: readonly string[]): boolean {
    const trail = this.#trails.find((one) => one.clause === clause);
    return trail !== undefined && trail.ids.size > 0 && ids.some((id) => trail.ids.has(scoped(line, id)));
  }
}

const scoped = ({ pod }: LogLine, id: string): string => (isCounter(id) ? `${pod} ${id}` : id);
