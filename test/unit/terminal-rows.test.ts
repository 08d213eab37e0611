// What the terminal gets of Ink's frames, and of rows that are drawn past Ink: few bytes, the same cells.
import fc from 'fast-check';
import { Box, type Instance, render, Text } from 'ink';
import { createElement } from 'react';
import { describe, expect, test } from 'vitest';
import { rowDifference } from '../../src/commands/cockpit/row-difference.ts';
import { TerminalRows } from '../../src/commands/cockpit/terminal-rows.ts';
import { EmulatedOutput } from '../support/emulated-output.ts';

const columns = 40;
const rows = 6;
const [begin, end] = ['\u001b[?2026h', '\u001b[?2026l'];

const word = fc.constantFrom('', ' ', '    ', 'ok', '● 12 ms', '3', '4', '─────', '✓', 'gateway  ');
const look = fc.constantFrom('', '2', '1;31', '38;5;240', '7', '48;5;236');
const painted = fc
  .array(fc.tuple(look, word), { maxLength: 6 })
  .map((parts) => parts.map(([sgr, text]) => (sgr && text ? `\u001b[${sgr}m${text}\u001b[0m` : text)).join(''));
const wide = fc.constantFrom('研究 7', 'a\u0301 x', '한국 \u001b[31mred\u001b[0m', 'ｱｲ');
const row = fc.oneof({ weight: 9, arbitrary: painted }, { weight: 1, arbitrary: wide });
/** Ink cuts rows that are too long before they are compared. */
const fitting = row.filter((text) => text.replace(/\u001b\[[\d;]*m/g, '').length <= columns);
const screens = fc.array(fc.array(row, { minLength: rows, maxLength: rows }), { minLength: 1, maxLength: 8 });

async function cellsOf(...writes: readonly string[]): Promise<readonly string[]> {
  const output = new EmulatedOutput(columns, rows);
  for (const write of writes) output.write(write);
  return output.cells();
}

/** Ink with one text for each row, as the cockpit has it. */
function tree(texts: readonly string[]) {
  return createElement(
    Box,
    { flexDirection: 'column', width: columns, height: texts.length, overflow: 'hidden' },
    ...texts.map((text, key) =>
      createElement(Box, { key, height: 1, flexShrink: 0 }, createElement(Text, { wrap: 'truncate' }, text || ' ')),
    ),
  );
}

const options = { interactive: true, patchConsole: false, alternateScreen: true, maxFps: 1000 };

/** A terminal with Ink on it; `shows` waits for what Ink still holds back. */
function opened() {
  const output = new EmulatedOutput(columns, rows);
  const drawn = new TerminalRows(output.stream);
  let ink: Instance | undefined;
  const draw = async (texts: readonly string[]) => {
    drawn.committed();
    if (ink) ink.rerender(tree(texts));
    else ink = render(tree(texts), { ...options, stdout: drawn.stdout, onRender: () => drawn.rendered() });
    await ink.waitUntilRenderFlush();
  };
  return { output, drawn, draw, inks: () => ink as Instance };
}

const six = (first: string) => [first, 'two', '\u001b[31mthree\u001b[0m', '', 'five', 'six'];

test('what differs between two rows makes the one the other, and is empty where they look the same', async () => {
  await fc.assert(
    fc.asyncProperty(fitting, fitting, async (before, after) => {
      const difference = rowDifference(before, after, 2);
      expect(await cellsOf(`\n${before}`, difference)).toEqual(await cellsOf(`\n${after}`));
    }),
  );
  expect(rowDifference('\u001b[2mago\u001b[0m   ', '\u001b[2mago\u001b[0m', 1)).toBe('');
});

test('a second that passes costs its cells', () => {
  const at = (clock: string) => ` PRODUCTION        \u001b[32m✓ OK\u001b[0m   \u001b[2m${clock}\u001b[0m`;
  expect(rowDifference(at('03:14:07Z'), at('03:14:08Z'), 1)).toBe('\u001b[1;34H\u001b[2m8\u001b[0m');
  expect(rowDifference('a long row', 'a', 12)).toBe('\u001b[12;3H\u001b[K');
});

describe('frames of Ink', () => {
  test('show the same cells as without anything between Ink and the terminal', async () => {
    await fc.assert(
      fc.asyncProperty(screens, async (all) => {
        const bare = new EmulatedOutput(columns, rows);
        const { output, draw, inks } = opened();
        const [first = []] = all;
        const ink = render(tree(first), { ...options, stdout: bare.stream, incrementalRendering: true });
        for (const texts of all) {
          await draw(texts);
          ink.rerender(tree(texts));
          await ink.waitUntilRenderFlush();
          expect(await output.cells()).toEqual(await bare.cells());
        }
        ink.unmount();
        inks().unmount();
      }),
      { numRuns: 30 },
    );
  });

  test('go out as one write, and only with what changed', async () => {
    const { output, draw, inks } = opened();
    await draw(six('one'));
    output.writes.length = 0;
    await draw(six('ones'));
    expect(output.writes).toEqual([`${begin}\u001b[1;4Hs\u001b[6H${end}`]);
    inks().unmount();
  });

  test('other output is written as it is, and an unfinished frame is not held back', () => {
    const output = new EmulatedOutput(columns, rows);
    const { stdout } = new TerminalRows(output.stream);
    for (const chunk of ['title', begin, 'half', begin, 'whole', end, 'bell', begin, 'two', end]) stdout.write(chunk);
    expect(output.writes).toEqual(['title', `${begin}half`, `${begin}whole${end}`, 'bell', `${begin}two${end}`]);
  });

  test('the first one begins at the top left, also where what was typed ahead has moved the cursor', async () => {
    const output = new EmulatedOutput(columns, rows);
    const { stdout } = new TerminalRows(output.stream);
    for (const chunk of ['pW', '\u001b[?1049h', begin, 'first', end]) stdout.write(chunk);
    expect(await output.cells()).toEqual(await cellsOf('\u001b[?1049h\u001b[Hfirst'));
  });
});

describe('rows that are drawn past Ink', () => {
  test('stay, whatever Ink draws of a tree that is older', async () => {
    const { output, drawn, draw, inks } = opened();
    await draw(six('one'));
    expect(drawn.draw(six('two'))).toBe(true);
    // Ink writes its last frame anew, as after a message on the console.
    output.emit('resize');
    inks().clear();
    output.emit('resize');
    await inks().waitUntilRenderFlush();
    expect((await output.lines())[0]).toBe('two');
    inks().unmount();
  });

  test('give way to a newer tree, also where Ink writes nothing because it wrote the same last', async () => {
    const { output, drawn, draw, inks } = opened();
    await draw(six('one'));
    expect(drawn.draw(six('two'))).toBe(true);
    await draw(six('one'));
    expect((await output.lines())[0]).toBe('one');
    await draw(six('three'));
    expect((await output.lines())[0]).toBe('three');
    inks().unmount();
  });

  test('are left to Ink before its first frame, for another size, after other output, and where a character is wide', async () => {
    const { output, drawn, draw, inks } = opened();
    expect(drawn.draw(six('one'))).toBe(false);
    await draw(six('one'));
    expect(drawn.draw(six('研究'))).toBe(false);
    expect(drawn.draw(six('two').slice(1))).toBe(false);
    output.columns -= 1;
    expect(drawn.draw(six('two'))).toBe(false);
    output.columns += 1;
    expect(drawn.draw(six('two'))).toBe(true);
    drawn.stdout.write('\u001b[?1049l');
    expect(drawn.draw(six('three'))).toBe(false);
    inks().unmount();
  });

  test('are what Ink draws instead of its older tree, in the size that the terminal has now, or nothing', async () => {
    const { output, drawn, draw, inks } = opened();
    await draw(six('one'));
    expect(drawn.draw(six('two'))).toBe(true);
    output.writes.length = 0;
    output.resize(columns + 1, rows);
    expect(output.writes).toEqual([]);
    await draw(six('three'));
    expect((await output.lines())[0]).toBe('three');
    inks().unmount();
  });
});

describe('a terminal that takes nothing', () => {
  const firstRow = (output: EmulatedOutput) => expect.poll(async () => (await output.lines())[0]);

  test('gets the newest rows as soon as it takes something, and none of those between', async () => {
    const { output, drawn, draw, inks } = opened();
    await draw(six('one'));
    output.stalls();
    expect(drawn.draw(six('0'))).toBe(true);
    const waiting = output.writableLength;
    for (let second = 1; second < 100; second += 1) expect(drawn.draw(six(`${second}`))).toBe(true);
    expect(output.writableLength).toBe(waiting);
    output.writes.length = 0;
    output.readsOn();
    await firstRow(output).toBe('99');
    expect(output.writes).toHaveLength(2);
    inks().unmount();
  });

  test('gets the newest of frames that do not fill it, whole', async () => {
    const { output, drawn, inks, draw } = opened();
    await draw(six('one'));
    output.stalls();
    for (let frame = 0; frame < 100; frame += 1)
      for (const chunk of [begin, `small ${frame}`, end]) drawn.stdout.write(chunk);
    expect(output.writableLength).toBeLessThan(50);
    output.readsOn();
    await firstRow(output).toBe('small 99');
    inks().unmount();
  });

  test('gets no frame after another program got the screen', async () => {
    const { output, drawn, draw, inks } = opened();
    await draw(six('one'));
    output.stalls();
    for (const first of ['two', 'three']) drawn.draw(six(first));
    drawn.stdout.write('\u001b[?1049l');
    output.readsOn();
    // What waits for the terminal, too, and was asked for later.
    await new Promise<void>((resolve) => drawn.stdout.write('', () => resolve()));
    await Promise.resolve();
    expect(output.writes.at(-1)).toBe('\u001b[?1049l');
    inks().unmount();
  });
});
