// SURFACES: each surface's last hour, worst first, with its most frequent error, the likely cause and the fix.

import { estimateSays } from '../../core/health/measure.ts';
import { countedAgo } from '../../core/health/metrics.ts';
import { worstFirst } from '../../core/health/status.ts';
import {
  disabledSays,
  failureShare,
  jobsSay,
  type SurfaceHealth,
  sampledShare,
  studiesSay,
  surfacesHealth,
  uncountedSays,
} from '../../core/health/surfaces.ts';
import { shortAge } from '../../core/text/format.ts';
import type { Instant } from '../../core/time.ts';
import type { Surface, Surfaces } from '../../core/world/facts.ts';
import { isStale, newest } from '../../core/world/reading.ts';
import type { World } from '../../core/world/world.ts';
import { causeOf } from '../../runbook/causes.ts';
import type { Row } from '../screen.ts';
import { columnsOf, dim, faded, firstFitting, type Line, line, mark, span, spread, wrap } from '../toolkit/line.ts';
import type { Pane } from '../toolkit/pane.ts';
import { ageSays, trouble } from '../toolkit/reading-status.ts';

/** Worst first: by verdict, then by failures. */
export function judgedSurfaces(world: World): readonly SurfaceHealth[] {
  return surfacesHealth(world, newest(world.readings.surfaces)?.value).toSorted(
    (a, b) => worstFirst(a.verdict, b.verdict) || b.s.failures - a.s.failures,
  );
}

/** What an empty list of surfaces says: when the last job finished; nothing while that is not known. */
export function nothingFinished(world: World, columns: number): Line[] {
  const seen = newest(world.readings.surfaces)?.value;
  if (!seen) return [];
  const last = seen.lastFinished;
  const says =
    uncountedSays(seen) ??
    (last
      ? `no finished jobs in the last hour (last one ${shortAge(world.now - last.at)} ago, ${last.study})`
      : 'no finished jobs in the last hour');
  return wrap(says, columns).map((part) => line(dim(part)));
}

export const surfacesPane: Pane = {
  id: 'surfaces',
  title: 'SURFACES',
  spots: {
    three: { band: 0, column: 2, rows: { weight: 42, most: 18 } },
    two: { band: 1, column: 1, rows: { weight: 60 } },
  },
  covers: (f) => f.area === 'surfaces',
  // Below each that is not ok stand its error, and the cause and the fix.
  needs: ({ world }) => {
    const all = world.readings.surfaces.state === 'live' ? judgedSurfaces(world) : [];
    return all.length > 0 ? 1 + all.reduce((sum, { verdict }) => sum + (verdict === 'ok' ? 1 : 3), 0) : undefined;
  },
  view({ world }, { columns, rows: room }) {
    const reading = world.readings.surfaces;
    const seen = newest(reading);
    const old = reading.state !== 'live' || isStale(reading, world.now);
    const problem = trouble(reading, 'database', world.now, columns, room > 6 ? 4 : 2);
    const all = judgedSurfaces(world);
    const shown = whatFits(all, columns);
    const isBad = ({ verdict, s, disabled }: SurfaceHealth) =>
      verdict !== 'ok' && s.topError !== undefined && !disabled;
    const bad = all.filter(isBad);
    const left = room - problem.length - all.length;
    const below = left >= bad.length * 2 ? 2 : left >= 1 ? 1 : 0;
    let spare = left;
    const rows = all.map((one): Row => {
      const { s } = one;
      const lines = [one.disabled ? disabledLine(one, world.now, columns) : surfaceLine(one, shown, columns)];
      if (isBad(one) && below > 0 && spare > 0) {
        lines.push(line('  ', dim(s.topError ?? '')));
        spare -= 1;
        const known = causeOf(s.topError);
        if (known && below > 1 && spare > 0) {
          lines.push(firstFitting(columns, line(`  ${known.cause}: ${known.fix}`), line(`  → ${known.fix}`)));
          spare -= 1;
        }
      }
      const drawn = old ? lines.map(faded) : lines;
      return {
        id: s.id,
        text: `${s.id} ${one.disabled ? 'DISABLED' : ''} ${s.topError ?? ''}`,
        height: drawn.length,
        draw: () => drawn,
        opens: { kind: 'open', screen: 'surface', of: { surface: s.id } },
      };
    });
    const said = problem.map((l, i): Row => ({ id: `trouble/${i}`, text: '', draw: () => [l] }));
    const age = ageSays(reading, world.now);
    const heads = age === undefined && !shown.jobs && all.length > 0;
    return {
      says: line(dim(windowSays(seen?.value, columns >= 36 || !heads, world.now))),
      // Two bare numbers need their heads; `12 of 3 120 jobs` says what it is.
      right: age ?? (heads ? line(dim('rate failed')) : undefined),
      rows: [...said, ...rows],
      empty: nothingFinished(world, columns),
    };
  },
};

/** The time that the numbers are about; short where the heads of their columns need the room. */
function windowSays(seen: Surfaces | undefined, isLong: boolean, now: Instant): string {
  if (isLong) return `last hour${seen?.estimated ? ', sampled' : ''}${countedAgo(seen?.countedAt, now)}`;
  return seen?.estimated ? '~1 h' : '1 h';
}

/** What a line has room for beside name, rate and failures; whole or not at all. */
type Shown = { word: boolean; margins: boolean; jobs: boolean; studies: boolean };

function whatFits(all: readonly { s: Surface }[], columns: number): Shown {
  const spacious = columns >= 44;
  let left = columns - 3 - Math.max(0, ...all.map(({ s }) => columnsOf(s.id))) - 13;
  const fits = (width: number) => {
    if (width > left) return false;
    left -= width;
    return true;
  };
  const word = spacious && fits(10);
  const margins = all.some(({ s }) => s.margin) && fits(8);
  const jobs = spacious && fits(15);
  return { word, margins, jobs, studies: jobs && fits(14) };
}

/** `▲ openai-api  DISABLED since 14:02:11Z by ops1`, and its share only where there is room. */
function disabledLine({ s, verdict, disabled }: SurfaceHealth, now: Instant, columns: number): Line {
  if (!disabled) return [];
  const { says, ways } = disabledSays(disabled, now);
  const left = line(mark(verdict), ` ${s.id}`);
  const share = s.finished > 0 ? dim(`  ${sampledShare(s)} before`) : undefined;
  const rights = [line(span(says, verdict), share), ...ways.map((text) => line(span(text, verdict)))];
  return spread(left, firstFitting(columns - columnsOf(s.id) - 4, ...rights), columns);
}

function surfaceLine({ s, verdict }: SurfaceHealth, shown: Shown, columns: number): Line {
  const right = line(
    shown.word ? span(`  ${verdict.padEnd(8)}`, verdict) : undefined,
    span(
      shown.margins ? sampledShare(s).padStart(14) : failureShare(s).padStart(6),
      verdict === 'ok' ? 'plain' : verdict,
    ),
    dim(estimateSays(s.failures, s.failuresMargin).padStart(7)),
    shown.jobs ? dim(` of ${jobsSay(s).padStart(6)} jobs`) : undefined,
    shown.studies ? dim(`${studiesSay(s).padStart(5)} ${s.affectedStudies === 1 ? 'study  ' : 'studies'}`) : undefined,
  );
  return spread(line(mark(verdict), ` ${s.id}`), right, columns);
}
