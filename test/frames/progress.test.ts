// Progress of a run as a bar: measured numbers only, never wider than its row.
import { describe, expect, test } from 'vitest';
import { outputTeller, progressTeller } from '../../src/commands/run/progress.ts';
import type { Plan } from '../../src/core/actions/action.ts';
import { type Measured, measured, type Progress } from '../../src/core/actions/progress.ts';
import { advance, keptOutput, type Run } from '../../src/core/actions/run.ts';
import { progressLine } from '../../src/screens/toolkit/bar.ts';
import { lineWidth, textOf } from '../../src/screens/toolkit/line.ts';
import { plannedRun, showing } from '../support/every-screen.ts';
import { frameText, now } from '../support/worlds.ts';

const size = { columns: 80, rows: 24 };
const second = 1000;
const pods = (done: number): Progress => ({ done, total: 3, unit: 'pods' });

/** Counts one after the other, `every` ms apart. */
const counted = (every: number, ...counts: readonly Progress[]): Measured => {
  const [first, ...rest] = counts;
  if (!first) throw new Error('nothing was counted');
  return rest.reduce<Measured>((of, next, at) => measured(of, next, (at + 1) * every), measured(undefined, first, 0));
};
const says = (...[of, at, columns]: Parameters<typeof progressLine>) => textOf(progressLine(of, at, columns));

describe('a bar', () => {
  test('has the count, the rate since the first count, and what is left', () => {
    expect(says(counted(20 * second, pods(0), pods(1), pods(2)), 40 * second, 70)).toBe(
      '████████████████░░░░░░░░ 2 of 3 pods · 1/20 s · ~20 s left',
    );
    const objects = counted(second, ...[0, 500, 1000].map((done) => ({ done, total: 12_000, unit: 'objects' })));
    expect(says(objects, 2 * second, 80)).toMatch(/█░+ 1 000 of 12 000 objects · 500\/s · ~22 s left$/);
  });

  test('says nothing of rate and time before something was counted, and no bar without a total', () => {
    expect(says(counted(second, pods(1)), 9 * second, 70)).toMatch(/^█+░+ 1 of 3 pods$/);
    expect(says(counted(second, { done: 7, unit: 'objects' }), 9 * second, 70)).toBe('7 objects');
    expect(
      says(counted(second, { done: 0, total: 100, unit: '%' }, { done: 45.5, total: 100, unit: '%' }), second, 70),
    ).toMatch(/^█+░+ 45 % · ~\d+ s left$/);
  });

  test('is full only when all is done', () => {
    expect(says(counted(second, { done: 999, total: 1000, unit: 'keys' }), 0, 70)).toMatch(/^█{23}░ 999/);
    expect(says(counted(second, { done: 1, total: 1000, unit: 'keys' }), 0, 70)).toMatch(/^█░{23} 1 of/);
    expect(says(counted(second, pods(3)), 0, 70)).toMatch(/^█{24} 3 of 3 pods$/);
  });

  test('begins anew with another phase, and when less is counted than before', () => {
    const phase = counted(second, { done: 5, total: 9, unit: 'blocks' }, { done: 1, total: 2, unit: 'indexes' });
    expect(phase.from).toEqual({ done: 1, at: second });
    expect(counted(second, pods(2), pods(1)).from).toEqual({ done: 1, at: second });
  });

  test.each([12, 20, 30, 40, 56, 76])('is never wider than %d columns', (columns) => {
    const of = counted(
      20 * second,
      { done: 0, total: 1_234_567, unit: 'objects' },
      { done: 1, total: 1_234_567, unit: 'objects' },
    );
    const drawn = progressLine(of, 90_000_000, columns);
    if (columns >= 30) expect(lineWidth(drawn)).toBeLessThanOrEqual(columns);
    expect(textOf(drawn)).toContain('1 of 1 234 567 objects');
  });
});

describe('a run', () => {
  const begun = (plan: Partial<Plan>): Run => {
    const planned: Plan = { impact: [], calls: [], answered: [], preconditions: 'a', ...plan };
    const run = advance(
      { ...plannedRun, phase: 'planning', calls: [] },
      { kind: 'planned', plan: planned, calls: [] },
      now,
    );
    return advance(advance(run, { kind: 'confirmed' }, now), { kind: 'started' }, now);
  };
  const text = (run: Run, later: number) => {
    const state = showing('run', { runs: { [run.id]: run } });
    return frameText({ ...state, world: { ...state.world, now: now + later } }, size);
  };

  test('counts the keys and objects of its calls', () => {
    const unlink = (count: number) => ({
      tool: 'redis' as const,
      command: ['UNLINK', ...Array.from({ length: count }, (_, at) => `k${at}`)] as [string, ...string[]],
    });
    const run = advance(
      begun({ calls: [unlink(500), unlink(500), unlink(200)] }),
      { kind: 'performed', call: 0 },
      now + second,
    );
    expect(text(run, second)).toMatch(/█+░+ 500 of 1 200 keys · 500\/s · ~2 s left/);
  });

  test('counts its calls where they are of several kinds, and a single call not at all', () => {
    const http = { tool: 'http', url: 'http://x' } as const;
    expect(text(advance(begun({ calls: [http, http] }), { kind: 'performed', call: 0 }, now + second), 9000)).toContain(
      '1 of 2 calls',
    );
    expect(begun({ calls: [http] }).measured).toBeUndefined();
  });

  test('shows what its verification counted, and nothing once it has ended', () => {
    const verifying = advance(begun({}), { kind: 'performedAll' }, now);
    const seen = (done: number) =>
      ({ kind: 'seen', says: `${done} of 3 new pods are available`, progress: pods(done) }) as const;
    const run = advance(advance(verifying, seen(0), now), seen(2), now + 40 * second);
    expect(text(run, 40 * second)).toMatch(/█+░+ 2 of 3 pods · 1\/20 s · ~20 s left/);
    const ended = advance(run, { kind: 'ended', outcome: 'verified', says: 'it is' }, now + 60 * second);
    expect(text(ended, 60 * second)).not.toContain('░');
  });
});

describe('on the command line', () => {
  const run = (of: Measured, progress?: string): Run => ({ ...plannedRun, progress, measured: of });

  test('a line has the count, the rate and what is left; the same count is told once', () => {
    const tell = progressTeller();
    expect(tell(run(counted(20 * second, pods(0))), 0)).toBe('0 of 3 pods');
    expect(tell(run(counted(20 * second, pods(0))), 9 * second)).toBeUndefined();
    expect(tell(run(counted(20 * second, pods(0), pods(1), pods(2))), 40 * second)).toBe(
      '2 of 3 pods · 1/20 s · ~20 s left',
    );
    expect(tell(plannedRun, 41 * second)).toBeUndefined();
  });

  test('what counts fast is told once a second, and at its end', () => {
    const tell = progressTeller();
    const objects = (done: number) =>
      counted(100, { done: 0, total: 900, unit: 'objects' }, { done, total: 900, unit: 'objects' });
    const told = Array.from({ length: 9 }, (_, at) => tell(run(objects((at + 1) * 100)), 1000 + at * 200));
    expect(told.flatMap((text) => text?.split(' · ')[0] ?? [])).toEqual([
      '100 of 900 objects',
      '600 of 900 objects',
      '900 of 900 objects',
    ]);
  });

  test('a phase has its own words before rate and estimate', () => {
    const blocks = (done: number): Progress => ({ done, total: 100, unit: 'blocks' });
    const tell = progressTeller();
    expect(
      tell(run(counted(second, blocks(10), blocks(20)), 'scanning heap of jobs: 20 % of 100 blocks'), second),
    ).toBe('scanning heap of jobs: 20 % of 100 blocks · 10/s · ~8 s left');
  });

  test('all output is told, however much there is; what came too fast is counted', () => {
    const tell = outputTeller();
    let at: Run = { ...plannedRun, phase: 'performing', output: [] };
    const output = (...lines: string[]) => {
      at = advance(at, { kind: 'output', lines }, now);
    };
    const told: string[] = [];
    for (let line = 0; line < 3 * keptOutput; line += 1) {
      output(String(line));
      told.push(...tell(at));
    }
    expect(told).toEqual(Array.from({ length: 3 * keptOutput }, (_, line) => String(line)));
    output(...Array.from({ length: keptOutput + 7 }, (_, line) => `fast ${line}`));
    expect(tell(at).slice(0, 2)).toEqual(['… 7 lines omitted', 'fast 7']);
    expect(tell(at)).toEqual([]);
    expect(frameText(showing('run', { runs: { [at.id]: { ...at, startedAt: now } } }), size)).toContain('lines before');
  });
});

test('a verification that looks through much shows how far it is', () => {
  const verifying: Run = { ...plannedRun, phase: 'verifying', startedAt: now };
  const counted = advance(verifying, { kind: 'progress', progress: { done: 120_000, unit: 'objects' } }, now);
  expect(frameText(showing('run', { runs: { [counted.id]: counted } }), size)).toContain('120 000 objects');
});
