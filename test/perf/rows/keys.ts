// From a key to the bytes that it brings, and what a tick of the clock sends, which matters on a slow line.
import { build as histogram } from 'hdr-histogram-js';
import type { TerminalUnderTest } from '../../support/terminal.ts';
import { calmDrill } from '../drills.ts';
import { bytes, completeCockpit, end, median, ms, wait } from '../meter.ts';
import type { BenchRow, Measure } from '../row.ts';

/** A frame of a screen with 60 frames a second. */
const frame = 16;

/** Milliseconds from each key to the bytes it brought. Keys are pressed one by one, at a typist's pace. */
async function keyToFrame(t: TerminalUnderTest, presses: number): Promise<{ median: number; p95: number }> {
  const spans = histogram({ numberOfSignificantValueDigits: 3 });
  for (let i = 0; i < presses; i += 1) {
    await wait(60 + Math.random() * 60);
    const before = t.bytes;
    const begun = performance.now();
    t.press(i % 2 === 0 ? 'j' : 'k');
    while (t.bytes === before && performance.now() - begun < 1000) await new Promise((r) => setImmediate(r));
    spans.recordValue(Math.round((performance.now() - begun) * 1000));
  }
  return { median: spans.getValueAtPercentile(50) / 1000, p95: spans.getValueAtPercentile(95) / 1000 };
}

/** The median bytes of the frames that changed one to five cells, over a while; undefined where there was none. */
async function smallTicks(t: TerminalUnderTest, span: number): Promise<number | undefined> {
  const sizes: number[] = [];
  let shown = t.lines;
  let before = t.bytes;
  for (const until = performance.now() + span; performance.now() < until; ) {
    await wait(10);
    if (t.bytes === before) continue;
    // What arrives in pieces is one frame.
    await wait(10);
    const now = t.lines;
    const cells = now.reduce((sum, row, y) => sum + differences(row, shown[y] ?? ''), 0);
    if (cells > 0 && cells <= 5) sizes.push(t.bytes - before);
    shown = now;
    before = t.bytes;
  }
  return sizes.length > 0 ? median(sizes) : undefined;
}

function differences(a: string, b: string): number {
  return Array.from({ length: Math.max(a.length, b.length) }, (_, x) => x).filter(
    (x) => (a[x] ?? ' ') !== (b[x] ?? ' '),
  ).length;
}

/** `load` names the figures. The list of pods is open meanwhile. */
export async function measureKeys(t: TerminalUnderTest, load: string): Promise<readonly Measure[]> {
  t.press('2', 'z');
  await t.settles(100);
  const keys = await keyToFrame(t, 100);
  t.press('z');
  await t.settles(100);
  const before = t.bytes;
  t.press('ctrl-l');
  await t.settles(100);
  const full = t.bytes - before;
  const small = await smallTicks(t, 20_000);
  return [
    {
      figure: `key to frame, ${load}`,
      is: `${ms(keys.median)} median, ${ms(keys.p95)} p95`,
      beside: `60 frames a second: ${frame} ms`,
      ratio: keys.p95 / frame,
      goal: 1,
    },
    {
      figure: `a tick of up to five cells, ${load}`,
      is: small === undefined ? 'none was seen' : bytes(small),
      beside: `full frame: ${bytes(full)}`,
      ratio: small === undefined ? undefined : small / full,
      goal: 0.05,
    },
  ];
}

export const keys: BenchRow = {
  name: 'keys',
  async measure() {
    const { environment } = await calmDrill();
    const cockpit = await completeCockpit(environment);
    try {
      return await measureKeys(cockpit, 'calm');
    } finally {
      await end(cockpit);
    }
  },
};
