// The incident: its checklist, or, without one, the screen that opens one.
import { nameOfRun } from '../../core/actions/plan-text.ts';
import { severityName } from '../../core/incident/checklist.ts';
import { clocks } from '../../core/incident/clocks.ts';
import { controlNow, isResumable, lostRuns } from '../../core/incident/context.ts';
import { formatAge, formatElapsed } from '../../core/text/format.ts';
import { shortenings } from '../../core/text/text.ts';
import { currentStep } from '../../runbook/messages.ts';
import type { Place, State } from '../../store.ts';
import { incidentCharts } from '../metrics/pane-charts.ts';
import type { Row, Screen } from '../screen.ts';
import { markerIn } from '../shell/reducer.ts';
import { dim, firstFitting, type Line, line, mark, span } from '../toolkit/line.ts';
import { matching } from '../toolkit/list.ts';
import { incidentAside } from './aside.ts';
import { incidentKeys, isOpen, isOpening } from './keys.ts';
import { nextLine } from './next-line.ts';
import { goneSays } from './offers.ts';
import { openingView } from './opening.ts';
import { checklistRows } from './steps.ts';
import { suggestionOf } from './suggestion.ts';

/** A body with so many rows has charts below the checklist, where that leaves room for them. */
const chartsFrom = 30;

export const incidentScreen: Screen = {
  id: 'incident',
  title: (_, { incident }) => (incident ? `${severityName(incident.severity)} ${incident.title}` : 'OPEN AN INCIDENT'),
  palette: 'incident',
  aside: incidentAside,
  view(state, place, { columns, rows: room }) {
    const { incident } = state;
    if (!incident || isOpening({ state, place })) return openingView(state, columns);
    const rows = checklistRows(state, place, columns - 1);
    const step = currentStep(incident);
    const time = clocks(incident, state.world.now);
    const said = [...foot(state, columns), ...nextLine(state, markedIn(place, rows), columns - 2)];
    const free = room - 1 - said.length - rows.reduce((sum, { height = 1 }) => sum + height, 0);
    const below = [...(room >= chartsFrom ? incidentCharts(state, columns - 2, free) : []), ...said];
    const where = step ? `step ${step.at + 1} of ${step.of}` : 'every step is done or skipped';
    return {
      says: line(
        dim(
          isOpen(state)
            ? where
            : `${incident.cancelledAt === undefined ? 'resolved' : 'cancelled'} after ${formatAge(time.open)}`,
        ),
      ),
      // Once resolved, the duration stands at the left.
      right: isOpen(state) ? line(dim(`open ${formatElapsed(time.open)}`)) : undefined,
      rows,
      foot: below,
    };
  },
  keys: incidentKeys,
};

/** The row that has the marker. */
function markedIn(place: Place, rows: readonly Row[]): string | undefined {
  const shown = matching(rows, place.filter);
  return shown[markerIn(place, shown)]?.id;
}

/** The most urgent lines: nobody in control, an unknown outcome, a higher suggested severity. */
function foot(state: State, columns: number): readonly Line[] {
  const { incident, incidentContext } = state;
  if (!incident || !incidentContext) return [];
  const lines: Line[] = [];
  for (const { run, ended } of lostRuns(incidentContext, incident)) {
    const isSilent = incidentContext.silent?.includes(run.session);
    const gone = isSilent
      ? `its cockpit does not answer; ${run.by} may still run it`
      : 'its cockpit exited; check the facts above';
    const why = ended ? gone : `the relay is away; ${run.by} may still run it`;
    lines.push(line(mark('unknown'), ` ${nameOfRun(run)}: outcome unknown, ${why}`));
  }
  for (const run of incident.runs.filter((one) => one.phase === 'unknown').slice(-2))
    lines.push(line(mark('unknown'), ` ${nameOfRun(run)}: outcome unknown; check the facts above`));
  const control = controlNow(incidentContext, incident);
  if (isResumable(incidentContext, incident) && control.state === 'free')
    lines.push(
      line(
        mark('warning'),
        ` ${incident.control.person} was in control and ${goneSays(control)}: `,
        span('W', 'key'),
        ' takes control',
      ),
    );
  if (control.state === 'unknown')
    lines.push(
      line(
        mark('warning'),
        ` the relay is away: ${incident.control.person} may still be in control; call them before `,
        span('W', 'key'),
      ),
    );
  const { severity, because } = suggestionOf(state);
  if (severity !== undefined && isOpen(state) && severity < incident.severity)
    lines.push(
      firstFitting(
        columns - 2,
        ...shortenings(because).map((why) =>
          line(span(`now suggested: ${severityName(severity)}: `, 'accent'), why, dim('  v changes the severity')),
        ),
      ),
    );
  return lines;
}
