// What happened last, newest first: rollouts and restarts from the cluster, alerts and actions from the incident's
// journal or, without one, from this cockpit.
import type { DueAlert } from '../../core/incident/context.ts';
import type { Incident } from '../../core/incident/incident.ts';
import { formatClock } from '../../core/text/format.ts';
import { day, type Instant } from '../../core/time.ts';
import type { Deploy, Pod } from '../../core/world/facts.ts';
import { newest } from '../../core/world/reading.ts';
import type { State } from '../../store.ts';
import { markGlyphs } from '../toolkit/chart.ts';
import { dim, fitLine, type Line, line, lineWidth, mark, span, wrap } from '../toolkit/line.ts';
import { memoize } from '../toolkit/memoize.ts';
import { verdictOf } from './alerts.ts';
import { told } from './timeline.ts';

/** One event: its time, its mark, what happened, and more of it where there is room. */
type Event = { at: Instant; glyph: Line; says: string; detail?: string };

/** More than any screen has rows for. */
const kept = 100;

const fromCluster = memoize((pods: readonly Pod[], deploys: readonly Deploy[]): readonly Event[] => {
  const restarts = pods.flatMap(({ name, lastRestartAt: at, lastEnd, restarts: times }): Event[] =>
    at === undefined ? [] : [{ at, glyph: line('↻'), says: `${name} restarted`, detail: restartSays(times, lastEnd) }],
  );
  const rollouts = deploys.map(
    ({ at, deployment, revision }): Event => ({
      at,
      glyph: line(markGlyphs.deploy),
      says: `${deployment} rolled out revision ${revision}`,
    }),
  );
  return newestFirst([...restarts, ...rollouts]);
});

const restartSays = (times: number, end = '') =>
  [end, times > 1 ? `${times} restarts` : ''].filter(Boolean).join(', ') || undefined;

const fromIncident = memoize(
  (incident: Incident): readonly Event[] =>
    // In the order of their ids: nearly that of their times.
    told(incident)
      .slice(-kept)
      .map(({ entry, story, who }) => ({
        at: entry.at,
        glyph: line(story.verdict ? mark(story.verdict) : ' '),
        says: `${who}  ${story.says}`,
        detail: story.detail,
      })),
  // What is remembered keeps a long incident as it was.
  1,
);

const fromCockpit = memoize((alerts: readonly DueAlert[], runs: State['runs']): readonly Event[] => [
  ...alerts.map(
    ({ raisedAt: at, level, subject, says }): Event => ({
      at,
      glyph: line(mark(verdictOf[level])),
      says: subject,
      detail: says,
    }),
  ),
  ...Object.values(runs).flatMap(({ startedAt: at, title, says: ended, seen }): Event[] =>
    at === undefined ? [] : [{ at, glyph: line(markGlyphs.action), says: title, detail: ended ?? seen }],
  ),
]);

function newestFirst(events: readonly Event[]): readonly Event[] {
  return events.toSorted((a, b) => b.at - a.at).slice(0, kept);
}

const noPods: readonly Pod[] = [];
const noDeploys: readonly Deploy[] = [];
const noAlerts: readonly DueAlert[] = [];

const merged = memoize((cluster: readonly Event[], people: readonly Event[]) => newestFirst([...people, ...cluster]));

/** The last events, newest first, in at most `rows` lines. */
export function recentLines(state: State, columns: number, rows: number): readonly Line[] {
  const { world, incident, incidentContext, runs } = state;
  const pods = newest(world.readings.pods)?.value ?? noPods;
  const deploys = newest(world.readings.workloads)?.value.deploys ?? noDeploys;
  const people = incident ? fromIncident(incident) : fromCockpit(incidentContext?.alerts ?? noAlerts, runs);
  const lines: Line[] = [];
  for (const event of merged(fromCluster(pods, deploys), people)) {
    const drawn = eventLines(event, world.now, columns);
    if (lines.length + drawn.length > rows) break;
    lines.push(...drawn);
  }
  return lines;
}

const months = ['Jan', 'Feb', 'Mar', 'Apr', 'May', 'Jun', 'Jul', 'Aug', 'Sep', 'Oct', 'Nov', 'Dec'];

/** The clock of the last day, the date of what is older; nine columns. */
function whenSays(at: Instant, now: Instant): string {
  const date = new Date(at);
  return now - at < day ? formatClock(at) : `${date.getUTCDate()} ${months[date.getUTCMonth()]}`.padEnd(9);
}

/** What happened goes on below where it is longer than a line; its detail is left out where it has no room. */
function eventLines({ at, glyph, says, detail }: Event, now: Instant, columns: number): readonly Line[] {
  const head = line(dim(`${whenSays(at, now)}  `), glyph, ' ');
  const [first = '', ...more] = wrap(says, columns - lineWidth(head));
  const begin = line(head, first);
  if (more.length > 0) return [begin, ...more.map((part) => line(' '.repeat(lineWidth(head)), part))];
  const room = columns - lineWidth(begin) - 2;
  if (!detail || room < Math.min(24, detail.length)) return [begin];
  return [line(begin, '  ', ...fitLine([span(detail, 'dim')], room))];
}
