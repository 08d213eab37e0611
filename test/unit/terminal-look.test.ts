// What a terminal can show.
import { expect, test } from 'vitest';
import { answersColours, groundIn, groundOf } from '../../src/core/text/terminal-look.ts';

test.each([
  ['11;rgb:ffff/ffff/ffff', 'light'],
  ['11;rgb:1e1e/1e1e/1e1e', 'dark'],
  ['11;rgb:fd/f6/e3', 'light'],
  ['11;rgba:0000/2b2b/3636/ffff', 'dark'],
  ['11;rgb:0/0/ff', 'dark'],
  ['10;rgb:ffff/ffff/ffff', undefined],
  ['11;?', undefined],
  ['11;rgb:fffff/0/0', undefined],
])('the terminal’s answer %s means a ground that is %s', (answer, ground) => expect(groundIn(answer)).toBe(ground));

test('COLORFGBG tells the ground where the terminal tells nothing', () => {
  expect(groundOf({ COLORFGBG: '0;15' })).toBe('light');
  expect(groundOf({ COLORFGBG: '15;default;0' })).toBe('dark');
  expect(groundOf({})).toBe('dark');
});

test('no terminal is asked that would print the question', () => {
  for (const TERM of ['linux', 'vt100', 'dumb', 'ansi', '', 'screen.xterm-256color', 'screen'])
    expect(answersColours({ TERM }), TERM).toBe(false);
  for (const TERM of ['xterm', 'xterm-256color', 'alacritty', 'foot'])
    expect(answersColours({ TERM }), TERM).toBe(true);
  expect(answersColours({ TERM: 'screen-256color', TMUX: '/tmp/tmux,1,0' })).toBe(true);
});
