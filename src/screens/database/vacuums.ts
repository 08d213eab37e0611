// Running vacuums: on the tables screen, and beside their sessions.
import { longVacuum, type RunningVacuum } from '../../core/queries/database.ts';
import { formatAge, formatPercent } from '../../core/text/format.ts';
import { dim, type Line, line, mark } from '../toolkit/line.ts';

/** A vacuum in one line: its user, table, duration and progress. */
export function vacuumLine(vacuum: RunningVacuum): Line {
  const { pid, age, auto } = vacuum;
  const who = auto === undefined ? 'vacuum' : auto ? 'autovacuum' : 'manual vacuum';
  const since = age === undefined ? 'start time not visible' : `for ${formatAge(age)}`;
  return line(
    age === undefined ? dim('?') : mark(age > longVacuum ? 'warning' : 'ok'),
    ` ${who} of ${tableSays(vacuum)} ${since}`,
    dim(`  ${[`pid ${pid}`, ...farSays(vacuum)].join(', ')}`),
  );
}

/** Tables of other databases have no name here. */
function tableSays({ table, database }: RunningVacuum): string {
  return table ?? `a table of ${database || 'another database'}`;
}

/** Why it runs, and its progress where PostgreSQL reports it. */
function farSays({ forced, share, phase }: RunningVacuum): readonly string[] {
  const said = [
    forced ? 'against wraparound' : undefined,
    share === undefined ? undefined : formatPercent(share * 100),
    phase,
  ];
  return said.filter((one) => one !== undefined);
}

/** Of a session that runs one: `jobs, 42 %, scanning heap`. */
export function vacuumOf(pid: number, vacuums: readonly RunningVacuum[]): string | undefined {
  const vacuum = vacuums.find((one) => one.pid === pid);
  return vacuum && [tableSays(vacuum), ...farSays(vacuum)].join(', ');
}
