// What `doctor` finds: one line per backend, tool and permission, judged like everything else.

import type { Fault } from '../world/reading.ts';
import { describeFault } from './describe.ts';
import { glyph, type HealthStatus, worst } from './status.ts';

/**
 * One thing that was tried. `critical`: broken, and the cockpit cannot do without it. `warning`: something that a
 * remediation or a convenience needs is missing. `unknown`: it could not be asked.
 */
export type Checkup = {
  /** `kubernetes`, `database` …: rows of one area stand together. */
  area: string;
  /** What was tried, in few words. */
  what: string;
  verdict: HealthStatus;
  answer: string;
  /** What to do about it. */
  todo?: string;
};

/**
 * A fault as a checkup. What is proven wrong is critical where the cockpit cannot do without it, else a warning; what
 * did not answer could not be asked.
 */
export function faulty(about: Pick<Checkup, 'area' | 'what'>, fault: Fault, essential: boolean): Checkup {
  const unasked = ['timeout', 'unreachable', 'limited'].includes(fault.kind);
  const verdict = unasked ? 'unknown' : essential ? 'critical' : 'warning';
  return { ...about, verdict, answer: describeFault(fault), todo: fault.hint };
}

/** `2 failed, 1 unknown, 24 ok`. */
export function summary(checkups: readonly Checkup[]): string {
  const count = (verdict: HealthStatus) => checkups.filter((one) => one.verdict === verdict).length;
  const parts: [number, string][] = [
    [count('critical'), 'failed'],
    [count('warning'), 'missing or limited'],
    [count('unknown'), 'unknown'],
    [count('ok'), 'ok'],
  ];
  return parts.flatMap(([n, word]) => (n > 0 ? [`${n} ${word}`] : [])).join(', ');
}

/** The table of `doctor`, `columns` wide: glyph, what, answer; below it what to do. */
export function checkupTable(checkups: readonly Checkup[], columns: number): string {
  const left = Math.min(30, Math.max(...checkups.map((one) => one.what.length)));
  const indent = ' '.repeat(left + 5);
  const room = Math.max(30, columns - indent.length);
  const lines: string[] = [];
  for (const area of new Set(checkups.map((one) => one.area))) {
    if (lines.length > 0) lines.push('');
    lines.push(area);
    for (const one of checkups.filter((each) => each.area === area)) {
      const [first = '', ...rest] = wrap(one.answer, room);
      lines.push(` ${glyph[one.verdict]} ${one.what.padEnd(left)}  ${first}`.trimEnd());
      lines.push(...rest.map((line) => indent + line));
      if (!one.todo) continue;
      const [arrow = '', ...more] = wrap(one.todo, room - 2);
      lines.push(`${indent}→ ${arrow}`, ...more.map((line) => `${indent}  ${line}`));
    }
  }
  return lines.join('\n');
}

/** The worst of all. */
export function overall(checkups: readonly Checkup[]): HealthStatus {
  return worst(checkups.map((one) => one.verdict));
}

/** Lines of at most `columns`, broken between words; a longer word stands alone. */
function wrap(text: string, columns: number): string[] {
  const lines: string[] = [];
  for (const word of text.split(' ')) {
    const last = lines.at(-1);
    if (last === undefined || last.length + 1 + word.length > columns) lines.push(word);
    else lines[lines.length - 1] = `${last} ${word}`;
  }
  return lines;
}
