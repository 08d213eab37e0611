// What a rule is: one row of docs/verdicts.md, and the verdict that the evaluation takes from it.
import { hour, type Ms, minute, second } from '../../time.ts';
import type { HealthStatus } from '../status.ts';

/** One condition that decides a finding. */
export type Rule = {
  verdict: HealthStatus;
  /** When it applies, with its threshold. */
  when: string;
  /** The facts it is read from. */
  from: string;
  /** Whose threshold or rule it is; absent: the cockpit's own. */
  source?: string;
};

/** Checks the rows of one area. */
export const declare = <const Id extends string>(rules: Readonly<Record<Id, Rule>>): Readonly<Record<Id, Rule>> =>
  rules;

/** A threshold in words: `30 s`, `2 min`, `12 h`. */
export function inWords(time: Ms): string {
  if (time % hour === 0) return `${time / hour} h`;
  return time % minute === 0 ? `${time / minute} min` : `${time / second} s`;
}
