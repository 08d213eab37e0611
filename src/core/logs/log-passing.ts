// Expressions are typed by tired people: none of them may hold up the screen, or the alerts behind it.

import type { Ms } from '../time.ts';
import type { LogFields, LogLine } from './log.ts';
import { type Clause, hitsOf, type LogFilter, passes } from './log-filter.ts';
import { timed } from './timed.ts';

/** So many lines at a time are given so long; others need some five milliseconds for them. */
const batch = 1000;
const batchLimit: Ms = 500;
/** For the lines that are visible. */
const markLimit: Ms = 50;
/** For all that `n` looks through. */
const findLimit: Ms = 300;

const isExpression = (clause: Clause) => clause.kind !== 'level' && clause.expression !== undefined;

/** What it has of expressions, as they were typed. */
export function expressionsOf({ clauses }: LogFilter): readonly string[] {
  return clauses.flatMap((clause) => (clause.kind === 'level' ? [] : (clause.expression ?? [])));
}

/** The filter without them, and with a word about it. */
export function withoutExpressions(filter: LogFilter): LogFilter {
  const says = expressionsOf(filter).map((typed) => `${typed} takes too long on these lines: left out`);
  return {
    clauses: filter.clauses.filter((clause) => !isExpression(clause)),
    problems: [...filter.problems, ...says],
  };
}

/** The lines that pass, in their order; undefined when an expression takes too long. */
export function passing(filter: LogFilter, lines: readonly LogLine[], fields: LogFields): LogLine[] | undefined {
  if (!filter.clauses.some(isExpression)) return lines.filter((line) => passes(filter, line, fields));
  const passed: LogLine[] = [];
  for (let from = 0; from < lines.length; from += batch) {
    const some = lines.slice(from, from + batch);
    const found = timed(() => some.filter((line) => passes(filter, line, fields)), batchLimit);
    if (!found) return undefined;
    passed.push(...found.value);
  }
  return passed;
}

/** Filters whose marks took too long. Remembered, so that not every frame tries again. */
const slow = new Set<string>();
const remembered = 100;

/** What marks the places of a filter in shown texts. `about` is the filter as it was typed. */
export function marker(filter: LogFilter, about: string): (text: string) => ReturnType<typeof hitsOf> {
  if (!filter.clauses.some(isExpression)) return (text) => hitsOf(filter, text);
  const known = new Map<string, ReturnType<typeof hitsOf>>();
  return (text) => {
    if (slow.has(about)) return [];
    let hits = known.get(text);
    if (hits) return hits;
    const found = timed(() => hitsOf(filter, text), markLimit);
    if (!found) {
      if (slow.size >= remembered) slow.clear();
      slow.add(about);
    }
    hits = found?.value ?? [];
    known.set(text, hits);
    return hits;
  };
}

/** Whether nothing is marked because it takes too long. */
export const marksTooSlowly = (about: string): boolean => slow.has(about);

/** The index of the first text that has a hit; -1 when there is none, undefined when it takes too long. */
export function firstHit(filter: LogFilter, texts: readonly string[]): number | undefined {
  return timed(() => texts.findIndex((text) => hitsOf(filter, text).length > 0), findLimit)?.value;
}
