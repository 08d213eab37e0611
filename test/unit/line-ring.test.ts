import { expect, test } from 'vitest';
import type { LogLine } from '../../src/core/logs/log.ts';
import { LineRing } from '../../src/data/kubernetes/logs/line-ring.ts';
import { TextBlocks } from '../../src/data/kubernetes/logs/text-blocks.ts';

const line = (id: number, more: Partial<LogLine> = {}): LogLine => ({
  id,
  at: 1_700_000_000_000 + id,
  pod: `pod-${id % 3}`,
  container: 'main',
  previous: false,
  text: `line ${id}`,
  ...more,
});
const read = (ring: LineRing) =>
  Array.from({ length: ring.end - ring.first }, (_, i) => {
    const { id, at, pod, container, previous, text, more, cut, mark } = ring.at(ring.first + i);
    return { id, at, pod, container, previous, text, more, cut, mark };
  });
const whole = (of: LogLine) => ({ ...of, more: of.more, cut: of.cut ?? false, mark: of.mark ?? false });

test('gives each line back as it came', () => {
  const lines = [
    line(1),
    line(2, { text: '' }),
    line(3, { text: 'grün 字 🚨 \ufffd', cut: true }),
    line(4, { pod: 'pod-1', container: 'side', previous: true }),
    line(5, { text: 'Error: größer', more: ['    at a (b.js:1)', '    at ü'] }),
    line(6, { text: 'TypeError: plain', more: ['    at a'] }),
    line(7, { text: 'log cut: gone', mark: true }),
    line(8, { text: 'x'.repeat(3_000_000) }),
    line(9),
  ];
  const ring = new LineRing({ lines: 100, bytes: 1e8 });
  for (const each of lines) ring.push(each);
  expect(read(ring)).toEqual(lines.map(whole));
});

test('keeps the newest lines, round and round, and each keeps its number', () => {
  const ring = new LineRing({ lines: 7, bytes: 1e8 });
  for (let id = 1; id <= 100; id += 1) {
    ring.push(line(id * 2));
    expect(ring.end).toBe(id);
    expect(ring.first).toBe(Math.max(0, id - 7));
    expect(ring.idOf(id - 1)).toBe(id * 2);
  }
  expect(read(ring)).toEqual([188, 190, 192, 194, 196, 198, 200].map((id) => whole(line(id))));
  expect(ring.find(0)).toBe(93);
  expect(ring.find(193)).toBe(96);
  expect(ring.find(194)).toBe(96);
  expect(ring.find(1000)).toBe(ring.end);
});

test('stays within its bytes whatever the lines are, and always keeps the newest', () => {
  const bytes = 8 * 1024 * 1024;
  const ring = new LineRing({ lines: 100_000, bytes });
  for (let id = 1; id <= 400; id += 1) {
    const text = `${id} ${'字'.repeat((id * 7919) % 80_000)}`;
    ring.push(line(id, { text }));
    expect(ring.bytes).toBeLessThanOrEqual(bytes);
    expect(ring.at(ring.end - 1).text).toBe(text);
    expect(ring.at(ring.first).text.split(' ')[0]).toBe(String(ring.first + 1));
  }
  expect(ring.first).toBeGreaterThan(300);
  ring.push(line(401, { text: 'x'.repeat(2 * bytes) }));
  expect(ring.end - ring.first).toBe(1);
  ring.push(line(402));
  expect(read(ring)).toEqual([whole(line(402))]);
});

test('holds no more blocks than its texts need, and none twice', () => {
  const blocks = new TextBlocks();
  const text = 'x'.repeat(200_000);
  const places: { block: number; offset: number; text: string }[] = [];
  for (let i = 0; i < 500; i += 1) {
    const each = `${i} ${text}`;
    blocks.write(each);
    places.push({ block: blocks.block, offset: blocks.offset, text: each });
    if (places.length > 10) places.shift();
    blocks.release(places[0]?.block ?? 0);
    expect(blocks.count).toBeLessThanOrEqual(4);
  }
  for (const { block, offset, text: was } of places) expect(blocks.read(block, offset, was.length, true)).toBe(was);
});
