// What Ink writes and what the terminal gets instead: fewer bytes, the same screen.
import { EventEmitter } from 'node:events';
import type { WriteStream } from 'node:tty';
import xterm from '@xterm/headless';
import { Box, render, Text } from 'ink';
import { createElement } from 'react';
import { expect, test } from 'vitest';
import { squeeze, synchronizedOutput } from '../../src/commands/cockpit/synchronized-output.ts';

const columns = 40;
const rows = 12;

/** A terminal's end that keeps each write. */
class Kept extends EventEmitter {
  readonly isTTY = true;
  readonly columns = columns;
  readonly rows = rows;
  readonly writes: string[] = [];
  write(chunk: string, done?: () => void): boolean {
    if (chunk !== '') this.writes.push(chunk);
    done?.();
    return true;
  }
}

/** Every cell with its style, as a terminal shows it. */
async function cells(written: string): Promise<readonly string[]> {
  const terminal = new xterm.Terminal({ cols: columns, rows, allowProposedApi: true, convertEol: true });
  await new Promise<void>((resolve) => terminal.write(written, resolve));
  const { active } = terminal.buffer;
  return Array.from({ length: rows }, (_, y) =>
    Array.from({ length: columns }, (_, x) => {
      const cell = active.getLine(active.baseY + y)?.getCell(x);
      return `${cell?.getChars() || ' '}/${cell?.getFgColor()}/${cell?.getBgColor()}/${cell?.isBold()}/${cell?.isDim()}`;
    }).join(' '),
  );
}

/** A screen whose rows change here and there, as the cockpit's do. */
function screen(tick: number) {
  const row = (y: number) => {
    const changes = (tick * 7 + y * 3) % 5 === 0;
    const value = changes ? `${tick} ms` : 'same';
    return createElement(
      Text,
      { key: y },
      createElement(Text, { color: y % 2 ? 'green' : 'red', bold: y === 3 }, y === 5 ? '✓ 研究' : '✓'),
      ` row ${y} ${value} `,
      createElement(Text, { dimColor: true }, y === 0 ? `03:14:${10 + tick}` : 'ago'),
    );
  };
  return createElement(Box, { flexDirection: 'column' }, ...Array.from({ length: rows - 1 }, (_, y) => row(y)));
}

async function drawn(out: WriteStream): Promise<void> {
  const app = render(screen(0), {
    stdout: out,
    interactive: true,
    incrementalRendering: true,
    patchConsole: false,
    alternateScreen: true,
    maxFps: 1000,
  });
  for (let tick = 1; tick < 20; tick += 1) {
    app.rerender(screen(tick));
    await app.waitUntilRenderFlush();
  }
}

test('the parts left out of a frame change no cell', async () => {
  const kept = new Kept();
  await drawn(kept as unknown as WriteStream);
  const raw = kept.writes.join('');
  const squeezed = squeeze(raw);
  expect(squeezed.length).toBeLessThan(raw.length);
  expect(await cells(squeezed)).toEqual(await cells(raw));
});

test('a frame goes out as one write', async () => {
  const kept = new Kept();
  await drawn(synchronizedOutput(kept as unknown as WriteStream));
  const frames = kept.writes.filter((write) => write.includes('\u001b[?2026h'));
  expect(frames.length).toBeGreaterThan(5);
  for (const frame of frames) expect(frame).toMatch(/^\u001b\[\?2026h[\s\S]*\u001b\[\?2026l$/);
});

test('many unchanged rows cost one cursor move, and an unused style costs nothing', () => {
  expect(squeeze('\u001b[E\u001b[E\u001b[Ex\n\u001b[E\u001b[E')).toBe('\u001b[3Ex\u001b[3E');
  expect(squeeze('\u001b[1;30;43m\u001b[0m\u001b[2m7Z\u001b[0m\n')).toBe('\u001b[0m\u001b[2m7Z\u001b[0m\n');
});

test('other output is written as it is, and an unfinished frame is not held back', () => {
  const kept = new Kept();
  const out = synchronizedOutput(kept as unknown as WriteStream);
  out.write('title');
  out.write('\u001b[?2026h');
  out.write('half');
  out.write('\u001b[?2026h');
  out.write('whole');
  out.write('\u001b[?2026l');
  expect(kept.writes).toEqual(['title', '\u001b[?2026hhalf', '\u001b[?2026hwhole\u001b[?2026l']);
});

test('the first frame begins at the top left, also where what was typed ahead has moved the cursor', async () => {
  const kept = new Kept();
  const out = synchronizedOutput(kept as unknown as WriteStream);
  out.write('pW');
  out.write('\u001b[?1049h');
  out.write('\u001b[?2026hfirst\u001b[?2026l');
  const plain = new Kept();
  plain.write('\u001b[?1049h\u001b[Hfirst');
  expect(await cells(kept.writes.join(''))).toEqual(await cells(plain.writes.join('')));
});

test('output after a frame is written as it is, and so is the next frame', () => {
  const kept = new Kept();
  const out = synchronizedOutput(kept as unknown as WriteStream);
  for (const chunk of ['\u001b[?2026h', 'one', '\u001b[?2026l', 'bell', '\u001b[?2026h', 'two', '\u001b[?2026l'])
    out.write(chunk);
  expect(kept.writes).toEqual(['\u001b[?2026hone\u001b[?2026l', 'bell', '\u001b[?2026htwo\u001b[?2026l']);
});
