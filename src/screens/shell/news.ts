// What a person who looks elsewhere is told: new critical alerts, and new pages. Pure.
import { isQuiet } from '../../core/health/alert.ts';
import { type Instant, type Ms, second } from '../../core/time.ts';
import { newest } from '../../core/world/reading.ts';
import type { State } from '../../store.ts';
import { pagerReading } from '../incident/on-call.ts';

/** What is wrong at the start is on the screen: critical alerts are believed after ten seconds. */
const starting: Ms = 15 * second;
/** Never more often than this; what comes meanwhile is told together. */
const pause: Ms = 30 * second;

/** What was told already. */
export type Told = {
  since: Instant;
  seen: ReadonlySet<string>;
  /** Pages were read before: the first ones are no news. */
  readPages: boolean;
  waiting: readonly string[];
  at?: Instant | undefined;
};

export type Notification = { title: string; text: string };

/** The state of what was told, and what is to be told now. */
export function news(state: State, before?: Told): { told: Told; notification?: Notification } {
  const { now, scope } = state.world;
  const since = before && before.since <= now ? before.since : now;
  const alerts = (state.incidentContext?.alerts ?? []).filter((one) => one.level === 'critical' && !isQuiet(one));
  const pages = newest(pagerReading(state))?.value.pages;
  const triggered = (pages ?? []).filter(({ status }) => status === 'triggered');
  const current = [
    ...alerts.map((one) => ({
      key: `alert ${one.id} ${one.since}`,
      says: `${one.subject} ${one.says}`,
      isNews: now - since >= starting,
    })),
    ...triggered.map((one) => ({
      key: `page ${one.id}`,
      says: `page ${one.title}`,
      isNews: before?.readPages === true,
    })),
  ];
  const seen = before?.seen ?? new Set<string>();
  const fresh = current.filter(({ key, isNews }) => isNews && !seen.has(key)).map(({ says }) => says);
  const waiting = [...(before?.waiting ?? []), ...fresh];
  const told: Told = {
    since,
    seen: new Set([...current.map(({ key }) => key), ...(pages === undefined ? pagesOf(seen) : [])]),
    readPages: before?.readPages === true || pages !== undefined,
    waiting,
    at: before?.at,
  };
  const isTooSoon = before?.at !== undefined && before.at <= now && now - before.at < pause;
  const [first, ...others] = waiting;
  if (first === undefined || isTooSoon) return { told };
  const where = scope.drill === undefined ? scope.environment : `DRILL ${scope.drill}`;
  const text = others.length === 0 ? first : `${waiting.length} new: ${waiting.join(', ')}`;
  return { told: { ...told, waiting: [], at: now }, notification: { title: `bentham ${where}`, text } };
}

const pagesOf = (seen: ReadonlySet<string>): readonly string[] => [...seen].filter((key) => key.startsWith('page '));
