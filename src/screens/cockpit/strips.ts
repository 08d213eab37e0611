// What large terminals show beside the panes: a live timeline, and the backups. They cannot have the focus.
import { keepPromises } from '../../core/health/backups.ts';
import { shortAge } from '../../core/text/format.ts';
import { newest } from '../../core/world/reading.ts';
import type { State } from '../../store.ts';
import { recentLines } from '../incident/recent.ts';
import type { Row, View } from '../screen.ts';
import { beside, dim, faded, type Line, line, mark, spread } from '../toolkit/line.ts';
import type { Block } from '../toolkit/pane.ts';
import { ageSays, trouble } from '../toolkit/reading-status.ts';

/** A strip of this width has two columns: the newest events at the left, the older ones at the right. */
const twoFrom = 140;
const gap = 3;

function inColumns(state: State, columns: number, rows: number): readonly Line[] {
  const width = Math.floor((columns - gap) / 2);
  const all = columns < twoFrom ? [] : recentLines(state, width, rows * 2);
  if (all.length <= rows) return recentLines(state, columns, rows);
  const halves = [all.slice(0, rows), all.slice(rows)];
  return beside(
    halves.map((lines) => ({ lines, width })),
    gap,
    rows,
  );
}

const timelineStrip: Block = {
  id: 'timeline-strip',
  title: ({ incident }) => (incident ? 'TIMELINE' : 'RECENT EVENTS'),
  spots: {
    three: { band: 1, column: 0, rows: { weight: 1 } },
    tall: { band: 1, column: 0, rows: { weight: 0, least: 0 } },
  },
  view(state, { columns, rows: room }): View {
    return {
      says: line(dim(state.incident ? 'newest first' : 'rollouts, restarts, alerts, actions')),
      rows: inColumns(state, columns, room).map(
        (drawn, at): Row => ({ id: String(at), text: '', draw: () => [drawn] }),
      ),
      empty: [line(dim('no rollouts, restarts, alerts or actions'))],
    };
  },
};

const backupsStrip: Block = {
  id: 'backups-strip',
  title: 'BACKUPS',
  spots: { three: { band: 0, column: 2, rows: { weight: 0, least: 0 } } },
  view({ world }, { columns, rows: room }): View {
    const reading = world.readings.backups;
    const backups = newest(reading)?.value;
    const problem = trouble(reading, 'backups', world.now, columns, Math.min(3, room));
    const kept = backups ? keepPromises(backups, world.now) : [];
    const lines = kept.map((one): Line => {
      const age = one.newest === undefined ? (one.short ?? one.says) : `${shortAge(world.now - one.newest)} ago`;
      const name = `${one.data}, ${one.frequency.toLowerCase()}`;
      return spread(line(mark(one.verdict), ` ${name}`), line(dim(age)), columns);
    });
    const drawn = reading.state === 'live' ? lines : lines.map(faded);
    return {
      right: ageSays(reading, world.now),
      rows: [...problem, ...drawn].map((l, at): Row => ({ id: String(at), text: '', draw: () => [l] })),
    };
  },
};

export const strips: readonly Block[] = [timelineStrip, backupsStrip];
