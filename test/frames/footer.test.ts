// At 80×24 the footer has the keys that a screen needs most; `?` has all of them.
import { expect, test } from 'vitest';
import { bindingsOf } from '../../src/keymap.ts';
import { screens } from '../../src/screens/index.ts';
import { helpLines } from '../../src/screens/overlays/help.ts';
import { showKey } from '../../src/screens/shell/footer.ts';
import { frame } from '../../src/screens/shell/frame.ts';
import { here } from '../../src/store.ts';
import { showing } from '../support/every-screen.ts';
import { frameText } from '../support/worlds.ts';

const small = { columns: 80, rows: 24 };
const footerOf = (state: Parameters<typeof frameText>[0], columns: number): string =>
  frameText(state, { columns, rows: 24 }).split('\n').at(-1)?.trim() ?? '';
const keysOf = (footer: string) => footer.split(/ {2,}/).map((one) => one.split(' ')[0] ?? '');

test.each(screens.map((screen) => [screen.id, screen] as const))('%s', (id, screen) => {
  const state = showing(id);
  const [all, some] = [keysOf(footerOf(state, 400)), keysOf(footerOf(state, 80))];
  // In the order of the wide one: what matters most stands first.
  expect(some).toEqual(all.filter((key) => some.includes(key)));
  expect(some.slice(0, 3)).toEqual(all.slice(0, 3));
  expect(some.slice(-2)).toEqual([':', '?']);
  const { row } = frame(state, small);
  const at = { state, place: here(state), row };
  const help = helpLines(at, screen, { kind: 'help', top: 0 }, 80)
    .map((line) => line.map(({ text }) => text).join(''))
    .join('\n');
  const own = bindingsOf(screen, at).filter(({ footer }) => footer !== undefined);
  expect(own.filter(({ keys }) => !help.includes(showKey(keys[0] ?? ''))).map(({ id: key }) => key)).toEqual([]);
});

test('a key of the screen’s own stands there rather than the word of another', () => {
  expect(footerOf(showing('pages'), 80)).toMatch(/r reassign {2}e escalate {2}esc back {2}: {2}\? help$/);
  expect(footerOf(showing('statements'), 80)).toContain('t since reset');
  expect(footerOf(showing('pods'), 80)).toContain(': commands');
});
