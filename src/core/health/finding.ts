// What a judgement is: one finding for each judged thing, and the one for what cannot be judged.
import { formatAge } from '../text/format.ts';
import { isStale, type Reading } from '../world/reading.ts';
import type { MetricId } from '../world/thresholds.ts';
import type { World } from '../world/world.ts';
import { describeFault } from './describe.ts';
import { decide, type RuleId } from './rules/index.ts';
import type { HealthStatus } from './status.ts';

export const areas = ['gateway', 'pods', 'database', 'redis', 'metrics', 'surfaces', 'studies', 'backups'] as const;
export type Area = (typeof areas)[number];

/** Not asked yet, no answer, too old an answer. */
export const findingCodes = ['pending', 'lost', 'stale'] as const;
export type FindingCode = (typeof findingCodes)[number];

/** One judged thing: a line of `status`, a glyph in a pane, the seed of an alert. */
export type Finding = {
  /** Stable across time: `gateway/health`, `pods/api-gateway`, `metric/p95`. */
  id: string;
  area: Area;
  /** What it is about, in few columns: `api-gateway`, `API p95`. */
  subject: string;
  verdict: HealthStatus;
  /** The rule that decided it: a row of docs/verdicts.md. */
  rule: RuleId;
  /** What is so, in words and numbers, without the subject. */
  says: string;
  /** The runbook's action for it. */
  remedy?: string;
  metric?: MetricId;
  /** The first thing that `says` says, for where room is short; absent where that is one thing. */
  short?: string;
  /** Of `short`, what is read from afar: `1/3`. */
  figure?: string;
  /** Why it could not be evaluated; absent: it was. */
  code?: FindingCode;
  /** What else about it is news while the verdict stays, as values of the platform: `["1/3", "CrashLoopBackOff"]`. */
  state?: readonly string[];
  /** Shown with the problems although it is none: a person's choice, such as a paused study. */
  told?: true;
  /** Its source gives no answer: whatever else is judged from that source is missing until it answers again. */
  unanswered?: true;
};

/** A sentence of several parts, the most telling one first. */
export function inParts(parts: readonly string[]): Pick<Finding, 'says' | 'short'> {
  const says = parts.join(', ');
  return parts.length > 1 ? { says, short: parts[0] ?? says } : { says };
}

/** Lost, pending or stale, as a finding; undefined when the value may be judged. A proven refusal is critical. */
export function missing(
  world: World,
  reading: Reading<unknown>,
  about: Pick<Finding, 'id' | 'area' | 'subject'>,
  refusalIsDown: boolean,
): Finding | undefined {
  if (reading.state === 'pending')
    return { ...about, ...decide('source/pending'), code: 'pending', unanswered: true, says: 'no answer yet' };
  if (reading.state === 'lost')
    return {
      ...about,
      ...decide(refusalIsDown && reading.fault.kind === 'refused' ? 'source/refused' : 'source/lost'),
      code: 'lost',
      unanswered: true,
      says: describeFault(reading.fault),
      short: reading.fault.what,
      remedy: reading.fault.hint,
    };
  if (isStale(reading, world.now))
    return {
      ...about,
      ...decide('source/stale'),
      code: 'stale',
      unanswered: true,
      says: `last answer ${formatAge(world.now - reading.at)} ago`,
    };
  return undefined;
}
