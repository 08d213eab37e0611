// Which log is shown: read from the place of the log screen, and the places that lead to it.
import { fieldClause } from '../../core/logs/log-filter.ts';
import type { Clock } from '../../core/logs/log-text.ts';
import { type LogsShown, type LogsView, nearEnd, sinces } from '../../core/logs/log-view.ts';
import type { Instant } from '../../core/time.ts';
import { newest } from '../../core/world/reading.ts';
import type { Intent, Place, State } from '../../store.ts';
import type { Here } from '../screen.ts';
import { aboutOf } from '../toolkit/selectors.ts';

export const logsId = 'logs';
/** The last row: it follows the log. */
export const tailRow = 'tail';
/** The oldest line that is kept. */
export const oldestRow = 'oldest';

const usualSince = '15m';

/** The options of the screen; its place holds them, so that going back keeps them. */
export type LogsOptions = { clock: Clock; wraps: boolean; previous: boolean; since: string; find: string };

export function optionsOf({ of }: Place): LogsOptions {
  return {
    clock: of.clock === 'local' ? 'local' : 'utc',
    wraps: of.wrap === 'yes',
    previous: of.previous === 'yes',
    since: of.since ?? usualSince,
    find: of.find ?? '',
  };
}

/** The typed start time; kept as text, like everything in a place. */
export function fromOf({ of }: Place): Instant | undefined {
  const at = Number(of.from ?? Number.NaN);
  return Number.isFinite(at) ? at : undefined;
}

/** What the engine is to collect and show for this place, where it shows `shown` now. */
export function viewOf(place: Place, shown?: LogsShown): LogsView {
  const { since, previous } = optionsOf(place);
  const { deployment, pod, selector } = place.of;
  const from = fromOf(place);
  const around = aroundOf(place, shown);
  return {
    // Without a deployment or a pod: all that the configured label selects.
    workload: deployment ? { deployment } : pod ? { pod } : { selector: selector ?? '' },
    pod: deployment && pod ? pod : undefined,
    since: sinces.find(([name]) => name === since)?.[1] ?? 900_000,
    from,
    previous,
    filter: place.filter,
    // A selected line pauses the view; the end follows.
    paused: place.selected !== tailRow,
    around,
  };
}

/** The row below the last loaded line; it becomes that line when newer ones load. */
export const beyondRow = (last: number): string => `${last}+`;

/** The id of the line that a row stands for; not a number where it stands for none. */
export function lineOf(row: string | undefined): number {
  return Number.parseFloat(row ?? '');
}

/** The window stays around the selected line; a new one is queried only near its edges. */
function aroundOf(place: Place, shown: LogsShown | undefined): number | undefined {
  if (place.selected === tailRow || place.selected === undefined) return undefined;
  if (place.selected === oldestRow) return 0;
  const id = lineOf(place.selected);
  if (!Number.isFinite(id)) return undefined;
  if (!shown?.view.paused || shown.view.filter !== place.filter) return id;
  const { entries, position, waiting } = shown;
  const at = entries.findIndex((entry) => entry.id === id);
  const inside = at >= 0 && (at >= nearEnd || position.first === 0) && (at < entries.length - nearEnd || waiting === 0);
  return inside ? shown.view.around : id;
}

/** The log that is to be collected now: that of the uppermost log screen, also while another is open above it. */
export function wantedLogs(state: State): LogsView | undefined {
  const place = state.ui.stack.findLast((p) => p.screen === logsId);
  return place && viewOf(place, state.logs);
}

/** Opens the log screen, at its end. */
export function openLogs(of: Readonly<Record<string, string>>, filter = ''): Intent {
  return { kind: 'open', screen: logsId, of, filter, selected: tailRow };
}

/** The log that belongs to what is selected, or to the open screen; else all logs. */
export function logsFor({ state, place, row }: Here): Intent {
  const about = aboutOf(place, row);
  const { scope, readings } = state.world;
  if (about.pod) {
    const pod = newest(readings.pods)?.value.find((p) => p.uid === about.pod || p.name === about.pod);
    if (pod) return openLogs({ pod: pod.name });
  }
  if (about.deployment) return openLogs({ deployment: about.deployment });
  const clauses = (['study', 'surface'] as const).flatMap((name) =>
    about[name] ? fieldClause(name, about[name]) : [],
  );
  // Only the executor logs surfaces; every service can log a study.
  if (clauses.length > 0)
    return openLogs(about.surface ? { deployment: scope.deployments.executor } : {}, clauses.join(' '));
  if (about.metric === 'p95' || about.metric === 'errorRate')
    return openLogs({ deployment: scope.deployments.gateway });
  return openLogs({});
}

/** As the title says it. */
export function subjectOf({ of }: Place): string {
  return of.pod ?? of.deployment ?? (of.selector ? of.selector : 'all pods');
}
