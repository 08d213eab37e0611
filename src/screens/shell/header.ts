// The header, two lines on every frame: environment, health, incident and time.
import { describeArming } from '../../core/actions/arming.ts';
import { glyph, type HealthStatus } from '../../core/health/status.ts';
import { formatClock } from '../../core/text/format.ts';
import type { State } from '../../store.ts';
import { readingSays } from '../incident/offers.ts';
import { alertsSays, incidentLine } from '../incident/status-line.ts';
import {
  bold,
  columnsOf,
  dim,
  firstFitting,
  type Line,
  line,
  lineWidth,
  mark,
  span,
  spread,
  type Tone,
} from '../toolkit/line.ts';
import { healthOf } from '../toolkit/selectors.ts';

/** The health in capitals. */
const shout: Readonly<Record<HealthStatus, string>> = {
  ok: 'OK',
  unknown: 'UNKNOWN',
  warning: 'WARNING',
  critical: 'CRITICAL',
};

/** `2 critical, 1 warning`, worst first, without those that are ok. */
export function countsSay(count: Readonly<Record<HealthStatus, number>>): string {
  const order = ['critical', 'warning', 'unknown'] as const;
  return order
    .filter((v) => count[v] > 0)
    .map((v) => `${count[v]} ${v}`)
    .join(', ');
}

/** The environment in words and colour, DRILL with its scenario before it. */
export function environmentSays(state: State): Line {
  const { environment, drill, guarded } = state.world.scope;
  const name = environment.toUpperCase();
  const isNamed = drill !== undefined && name !== 'DRILL';
  return line(
    drill === undefined ? undefined : span(` DRILL ${drill} `, 'drill'),
    isNamed ? ' ' : undefined,
    drill === undefined || isNamed ? span(` ${name} `, guarded ? toneOf(state) : 'unguarded') : undefined,
  );
}

/** A guarded environment is amber while it can be changed. */
const toneOf = ({ arming }: State): Tone => (arming.state === 'armed' ? 'armed' : 'environment');

/** Whether this cockpit can change anything, and whether its targets are those of its profile. */
export function accessSays(state: State): Line {
  const { redirected } = state.world.scope;
  const access = describeArming(state.arming, state.world.now);
  return line(
    access && (state.arming.state === 'armed' ? span(` ${access} `, 'armed') : dim(access)),
    access && redirected ? '  ' : undefined,
    redirected ? line(mark('warning'), span(' redirected', 'warning')) : undefined,
  );
}

export function header(state: State, columns: number): Line[] {
  return [whereAndHow(state, columns), whatIsDone(state, columns)];
}

function whereAndHow(state: State, columns: number): Line {
  const { world } = state;
  const { worst, count } = healthOf(world);
  const where = environmentSays(state);
  const access = accessSays(state);
  const clock = dim(formatClock(world.now));
  const verdict = line(mark(worst), span(` ${shout[worst]}`, worst));
  const counts = countsSay(count);
  const few = (['critical', 'warning', 'unknown'] as const)
    .filter((v) => count[v] > 0)
    .map((v) => `${count[v]}${glyph[v]}`)
    .join(' ');
  // Armed, both are one badge.
  const gap = state.arming.state === 'armed' ? undefined : '  ';
  const left = lineWidth(access) > 0 ? line(where, gap, access) : where;
  const room = columns - lineWidth(left) - 2;
  const how = firstFitting(
    room,
    line(verdict, counts && `  ${counts}`, '   ', clock),
    line(verdict, few && `  ${few}`, '   ', clock),
    line(verdict, '  ', clock),
    line(verdict),
    line(mark(worst)),
  );
  if (lineWidth(how) <= room) return spread(left, how, columns);
  return spread(where, how, columns);
}

function whatIsDone(state: State, columns: number): Line {
  if (state.engine.state === 'failed')
    return line(' ', mark('critical'), ` the engine stopped (${state.engine.why}); it restarts automatically`);
  const tried = alertsSays(state);
  const shortest = tried.at(-1) ?? tried[0];
  // At least one column between the two.
  const roomBeside = (alerts: Line) => columns - lineWidth(alerts) - (alerts.length > 0 ? 1 : 0);
  const room = roomBeside(shortest);
  const left = incidentLine(state, room) ?? withReading(state, room);
  return spread(left, tried.find((alerts) => lineWidth(left) <= roomBeside(alerts)) ?? shortest, columns);
}

/** Whether an incident is open is not known before the journal is read. */
function withReading(state: State, columns: number): Line {
  if (state.incidentContext || state.journalRead === undefined) return quiet(state, columns);
  const reading = ` ${readingSays(state)}  ·`;
  return line(reading, quiet(state, columns - columnsOf(reading)));
}

/** Without an incident: the worst findings in short, or that all checks pass. */
function quiet({ world }: State, columns: number): Line {
  const { findings, count } = healthOf(world);
  const bad = findings.filter((f) => f.verdict !== 'ok');
  if (bad.length === 0) return line(dim(` no incident, all ${count.ok} checks pass`));
  if (findings.every((f) => f.code === 'pending')) return line(dim(' querying all backends …'));
  let said = line(' ');
  for (const [i, f] of bad.entries()) {
    const rest = bad.length - i - 1;
    const next = line(
      said,
      i > 0 ? dim('  ·  ') : undefined,
      mark(f.verdict),
      bold(` ${f.subject}`),
      ` ${f.short ?? f.says}`,
    );
    const more = rest > 0 ? columnsOf(`  +${rest} more`) : 0;
    if (lineWidth(next) + more > columns) {
      if (i === 0) return next;
      return line(said, dim(`  +${bad.length - i} more`));
    }
    said = next;
  }
  return said;
}
