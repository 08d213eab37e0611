import { isDeepStrictEqual } from 'node:util';
import type { IncidentContext } from '../../core/incident/context.ts';

/** Whether two contexts say the same; the heartbeats of cockpits do not count. What is the same object costs nothing. */
export function isSameContext(before: IncidentContext, after: IncidentContext): boolean {
  const { here: heard, ...rest } = before;
  const { here, ...other } = after;
  return isDeepStrictEqual(rest, other) && isDeepStrictEqual(heard.map(withoutTime), here.map(withoutTime));
}

const withoutTime = ({ at: _, ...rest }: IncidentContext['here'][number]) => rest;
