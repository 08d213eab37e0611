// The differences between a plan and its new version, in the plan's own words. Pure.
import type { Plan } from './action.ts';

/** Lines shown of each side; the new plan below has all of them. */
const mostTold = 6;

/** `was: …` and `now: …`, line by line. */
export function describeDrift(before: Plan, after: Plan): readonly string[] {
  const [was, now] = [linesOf(before), linesOf(after)];
  const gone = was.filter((text) => !now.includes(text));
  const come = now.filter((text) => !was.includes(text));
  if (gone.length + come.length === 0)
    return after.preconditions === before.preconditions
      ? []
      : ['The plan reads the same, but the state it is based on changed.'];
  return [...told('was', gone), ...told('now', come)];
}

function linesOf({ impact, warnings = [], undo }: Plan): readonly string[] {
  return [...impact, ...warnings, ...(undo ? [`undo: ${undo}`] : [])];
}

function told(word: string, lines: readonly string[]): readonly string[] {
  const more = lines.length - mostTold;
  return [
    ...lines.slice(0, mostTold).map((text) => `${word}: ${text}`),
    ...(more > 0 ? [`${word}: … ${more} more`] : []),
  ];
}
