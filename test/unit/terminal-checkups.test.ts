// What `doctor` says about the terminal.
import { describe, expect, test } from 'vitest';
import { type TerminalFacts, terminalCheckups } from '../../src/core/health/terminal-checkups.ts';

const good: TerminalFacts = {
  environment: { TERM: 'xterm-256color', LANG: 'en_US.UTF-8', COLORFGBG: '0;15' },
  size: { columns: 120, rows: 40 },
  display: { theme: 'auto', glyphs: 'auto', bell: true, mouse: false },
};
const rows = (more: Partial<TerminalFacts>) =>
  Object.fromEntries(
    terminalCheckups({ ...good, ...more }).map(({ what, verdict, answer, todo }) => [
      what,
      [verdict, answer, ...(todo ? [todo] : [])],
    ]),
  );
const within = (environment: Record<string, string>, display = good.display) =>
  rows({ environment: { ...good.environment, ...environment }, display });

describe('doctor about the terminal', () => {
  test('says what was found where all is well, and advises nothing', () => {
    expect(rows({})).toEqual({
      TERM: ['ok', 'xterm-256color'],
      'UTF-8': ['ok', 'LANG=en_US.UTF-8'],
      colors: ['ok', '256'],
      theme: ['ok', 'auto, light background (COLORFGBG=0;15)'],
      size: ['ok', '120×40'],
    });
  });

  test('judges nothing without a terminal', () => {
    expect(rows({ size: undefined })).toEqual({ terminal: ['ok', 'no terminal; not checked'] });
  });

  test('names the variable that has to change for UTF-8, by the order of POSIX', () => {
    const change = (answer: string, todo: string) => [
      'warning',
      `${answer}, not UTF-8: symbols are drawn in ASCII`,
      todo,
    ];
    expect(within({ LC_ALL: 'C' })['UTF-8']).toEqual(change('LC_ALL=C', 'export LC_ALL=C.UTF-8'));
    expect(within({ LC_CTYPE: 'POSIX' })['UTF-8']).toEqual(change('LC_CTYPE=POSIX', 'export LC_CTYPE=C.UTF-8'));
    expect(within({ LANG: '' })['UTF-8']).toEqual(change('no locale set', 'export LANG=C.UTF-8'));
    expect(within({ TERM: 'linux' })['UTF-8']?.[1]).toBe('TERM=linux has ASCII only: symbols are drawn in ASCII');
  });

  test('is content with ASCII on request, and warns of symbols that the locale cannot show', () => {
    expect(within({ LANG: 'C' }, { ...good.display, glyphs: 'ascii' })['UTF-8']?.[0]).toBe('ok');
    expect(within({ LANG: 'C' }, { ...good.display, glyphs: 'unicode' })['UTF-8']).toEqual([
      'warning',
      'LANG=C, not UTF-8: symbols may be unreadable',
      'export LANG=C.UTF-8, or use --ascii',
    ]);
  });

  test('tells a TERM that is missing or dumb, and one with fewer colors', () => {
    expect(within({ TERM: '' }).TERM?.slice(0, 2)).toEqual(['warning', 'TERM is not set']);
    expect(within({ TERM: 'dumb' }).TERM?.slice(0, 2)).toEqual([
      'warning',
      'TERM=dumb: the cockpit cannot open; status, run and doctor work',
    ]);
    expect(within({ TERM: 'xterm' }).colors?.slice(0, 2)).toEqual(['ok', '16']);
    expect(within({ TERM: 'vt100' }).colors?.slice(0, 2)).toEqual(['warning', 'none: TERM=vt100']);
    expect(within({ NO_COLOR: '1' }).colors).toEqual(['ok', 'none (NO_COLOR is set)']);
    expect(within({}, { ...good.display, theme: 'mono' }).colors).toEqual(['ok', 'none (theme mono)']);
  });

  test('says which ground and theme the screen has, and where that comes from', () => {
    expect(within({ COLORFGBG: '' }).theme).toEqual(['ok', 'auto, dark background (the cockpit asks the terminal)']);
    expect(within({}, { ...good.display, theme: 'dark' }).theme).toEqual(['ok', 'dark, set']);
    expect(within({}, { ...good.display, theme: 'high-contrast' }).theme?.[1]).toMatch(/^high-contrast, light/);
  });

  test('measures the terminal', () => {
    expect(rows({ size: { columns: 59, rows: 40 } }).size?.slice(0, 2)).toEqual([
      'warning',
      '59×40; the cockpit needs 60×15',
    ]);
    expect(rows({ size: { columns: 72, rows: 24 } }).size?.slice(0, 2)).toEqual([
      'warning',
      '72×24, less than 80×24: lists are shorter',
    ]);
  });

  test('says what to set in tmux so that esc, copies and the mouse work', () => {
    const tmux = { version: '3.4', escapeTime: 10, clipboard: 'external', mouse: false };
    expect(rows({ tmux }).tmux).toEqual(['ok', '3.4']);
    expect(rows({ tmux: 'silent' }).tmux?.[0]).toBe('warning');
    const display = { ...good.display, mouse: true };
    expect(rows({ tmux: { ...tmux, escapeTime: 500, clipboard: 'off' }, display }).tmux).toEqual([
      'warning',
      '3.4: esc is late, copies stay in tmux, no mouse',
      'in ~/.tmux.conf: set -s escape-time 10; set -s set-clipboard on; set -g mouse on',
    ]);
  });
});
