import { createServer } from 'node:http';
import { Terminal } from '@xterm/headless';
import fc from 'fast-check';
import realWidth from 'string-width';
import { describe, expect, test } from 'vitest';
import Output, { wholeRows } from '../../scripts/bundle/ink-output.ts';
import InkOutput from '../../scripts/bundle/ink-output-itself.ts';
import { asciiForms, isNarrow } from '../../src/core/text/glyphs.ts';

/** What a terminal shows of a frame: characters, colours and attributes of every cell. */
async function cells(frame: string, columns: number, rows: number): Promise<string[]> {
  const terminal = new Terminal({ cols: columns, rows, allowProposedApi: true, convertEol: true });
  await new Promise<void>((resolve) => terminal.write(frame, resolve));
  const shown = Array.from({ length: rows }, (_, y) => {
    const line = terminal.buffer.active.getLine(y);
    return Array.from({ length: columns }, (__, x) => {
      const cell = line?.getCell(x);
      if (!cell) return '';
      const look = [cell.getFgColor(), cell.getBgColor(), cell.isBold(), cell.isInverse(), cell.isDim()];
      return `${cell.getChars() || ' '}|${look.join()}`;
    }).join(' ');
  });
  terminal.dispose();
  return shown;
}

const glyphs = Object.keys(asciiForms).join('');
const word = fc.stringMatching(new RegExp(`^[ -~${glyphs}]{0,12}$`));
const wide = fc.constantFrom('日本', 'ｱ', '한국', 'é', '🙂', '👩‍🚀', 'a\u0301', '\u200b');
const colour = fc.constantFrom('1', '2', '7', '31', '1;31', '1;97;44', '36');
const painted = fc.oneof(
  word,
  fc.tuple(colour, word).map(([look, text]) => `\u001b[${look}m${text}\u001b[0m`),
);
const row = fc.array(painted, { maxLength: 5 }).map((parts) => parts.join(''));

describe('the width of a text', () => {
  test('equals string-width’s for every text on the screen', async () => {
    const { default: standing } = await import('../../scripts/bundle/string-width.ts');
    fc.assert(
      fc.property(row, (text) => {
        expect(standing(text)).toBe(realWidth(text));
      }),
    );
  });

  test('each of the cockpit’s glyphs takes one column', () => {
    for (const glyph of `${glyphs}⠀⣿`) expect([glyph, realWidth(glyph)]).toEqual([glyph, 1]);
  });

  test('every character that is taken for narrow takes one column', () => {
    const all = Array.from({ length: 0x10000 }, (_, code) => String.fromCharCode(code)).filter(isNarrow);
    expect(all.length).toBeGreaterThan(95 + 128 + 256);
    expect(all.filter((each) => realWidth(each) !== 1)).toEqual([]);
  });
});

describe('a request through the part of undici that is bundled', () => {
  test.each([
    ['a path with a query', '/v1/studies?state=queued&x=a%20b', {}],
    ['no path', '', {}],
    ['a body without a method', '/things', { body: '{"a":1}', headers: { 'content-type': 'application/json' } }],
    ['a method', '/things/1', { method: 'DELETE' as const }],
  ])('reaches the server as undici’s own does: %s', async (_, where, options) => {
    const whole = await import('undici');
    const part = await import('../../scripts/bundle/undici.mjs');
    const server = createServer((asked, answer) => {
      let body = '';
      asked.on('data', (some) => {
        body += some;
      });
      asked.on('end', () => answer.end(JSON.stringify([asked.method, asked.url, asked.headers['content-type'], body])));
    });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    const address = server.address();
    const url = `http://127.0.0.1:${typeof address === 'object' ? address?.port : ''}${where}`;
    const said = [];
    for (const { request, Agent } of [whole, part])
      for (const to of [url, new URL(url)]) {
        const dispatcher = new Agent();
        const answer = await request(to, { ...options, dispatcher });
        said.push(await answer.body.json());
        await dispatcher.close();
      }
    server.close();
    expect(new Set(said.map((one) => JSON.stringify(one))).size).toBe(1);
  });

  test('needs no dispatcher, and refuses what is no URL', async () => {
    const { request } = await import('../../scripts/bundle/undici.mjs');
    await expect(request('nowhere')).rejects.toThrow('Invalid URL');
    await expect(request('http://127.0.0.1:1/')).rejects.toThrow('ECONNREFUSED');
  });
});

describe('a frame of whole rows', () => {
  const drawn = (Kind: typeof InkOutput | typeof Output, rows: readonly string[], columns: number) => {
    const output = new Kind({ width: columns, height: rows.length });
    output.clip({ x1: 0, x2: columns, y1: 0, y2: rows.length });
    for (const [y, text] of rows.entries()) if (text) output.write(0, y, text, { transformers: [(same) => same] });
    output.unclip();
    return output;
  };

  test('equals Ink’s, cell by cell', async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(fc.oneof(row, wide), { minLength: 1, maxLength: 6 }), async (rows) => {
        const columns = Math.max(1, ...rows.map((text) => realWidth(text)));
        const ours = drawn(Output, rows, columns).get();
        const inks = drawn(InkOutput, rows, columns).get();
        expect(ours.height).toBe(inks.height);
        expect(await cells(ours.output, columns, rows.length)).toEqual(await cells(inks.output, columns, rows.length));
      }),
      { numRuns: 60 },
    );
  });

  test('passes without a split into cells', () => {
    const rows = ['\u001b[1;31m● gateway\u001b[0m  503', 'plain'];
    expect(wholeRows(drawn(Output, rows, 20).operations, 20, 2)).toEqual(rows);
  });

  test.each([
    ['a text beside another', (o: InstanceType<typeof Output>) => o.write(3, 0, 'x', { transformers: [] })],
    ['a text over another', (o: InstanceType<typeof Output>) => o.write(0, 0, 'x', { transformers: [] })],
    [
      'a text that is too wide',
      (o: InstanceType<typeof Output>) => o.write(0, 1, 'x'.repeat(21), { transformers: [] }),
    ],
    ['a text of two lines', (o: InstanceType<typeof Output>) => o.write(0, 1, 'x\ny', { transformers: [] })],
    [
      'a text that a component makes two lines of',
      (o: InstanceType<typeof Output>) => o.write(0, 1, 'x', { transformers: [(text) => `${text}\n${text}`] }),
    ],
    ['a window on a part', (o: InstanceType<typeof Output>) => o.clip({ x1: 1, x2: 20 })],
  ])('%s is left to Ink', (_, add) => {
    const output = drawn(Output, ['a'], 20);
    add(output);
    expect(wholeRows(output.operations, 20, 2)).toBeUndefined();
  });
});
