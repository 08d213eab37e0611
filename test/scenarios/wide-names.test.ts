// Names in every script, as wide as they like: in tmux as in our own measure, no row shifts, wraps or cuts a neighbour.
import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, onTestFinished, test } from 'vitest';
import { stripControl, width } from '../../src/core/text/text.ts';
import { screens } from '../../src/screens/index.ts';
import { frame } from '../../src/screens/shell/frame.ts';
import { textOf } from '../../src/screens/toolkit/line.ts';
import { endsWithThisProcess } from '../support/bound.ts';
import { named } from '../support/every-screen.ts';
import { tmux } from '../support/tmux.ts';

const names = [
  '日本語の調査',
  '👨‍👩‍👧‍👦👍🏽🇩🇪🇫❤️',
  'z̶a̷l̸g̵o̶ é ȧ̈',
  'שלום مرحبا',
  'नमस्ते สวัสดี 한국어',
  'x'.repeat(200),
  'ｆｕｌｌ１２３㎏'.repeat(20),
];

const shown = '#### every line is shown ####';
let home = '';
const socket = () => path.join(home, 'tmux');
const run = (...args: string[]) =>
  execFileSync(tmux ?? 'tmux', ['-S', socket(), '-f', '/dev/null', ...args], {
    encoding: 'utf8',
    env: { ...process.env, LANG: 'C.UTF-8', TERM: 'xterm-256color' },
  });

beforeAll(() => {
  home = mkdtempSync(path.join(tmpdir(), 'bentham-wide-'));
});
afterAll(() => rmSync(home, { recursive: true, force: true }));

describe.runIf(tmux)('on every screen', () => {
  test.each([
    [80, 24],
    [200, 50],
  ])('at %i×%i', async (columns, rows) => {
    const lines = names.flatMap((name) =>
      screens.flatMap((screen) => frame(named(screen.id, stripControl(name)), { columns, rows }).lines.map(textOf)),
    );
    const distinct = [...new Set(lines)];
    for (const line of distinct) expect(width(line), line).toBe(columns);
    // Each line, and a mark behind it: where the terminal measures as we do, each mark stands in one column. The last line
    // is one that no screen shows: a frame's own words end no wait.
    const file = path.join(home, 'lines');
    writeFileSync(file, distinct.map((line) => `${line}|`).join('\n'));
    const size = ['-x', String(columns + 1), '-y', '50'];
    run(
      'set',
      '-g',
      'history-limit',
      '50000',
      ';',
      'new-session',
      '-d',
      ...size,
      `cat '${file}'; printf '\\n${shown}\\n'; cat`,
    );
    const release = endsWithThisProcess(Number(run('display-message', '-p', '#{pid}')));
    onTestFinished(() => {
      run('kill-server');
      release();
    });
    await expect.poll(() => run('capture-pane', '-p').trimEnd().split('\n').at(-1), { timeout: 30_000 }).toBe(shown);
    const seen = run('capture-pane', '-p', '-S', '-').split('\n').slice(0, distinct.length);
    const shifted = seen.filter((line, at) => line !== `${distinct[at]}|`);
    expect(shifted).toEqual([]);
  });
});
