import { describe, expect, test } from 'vitest';
import { bindingsOf, generalBindings } from '../../src/keymap.ts';
import { screens } from '../../src/screens/index.ts';
import { keysOf } from '../../src/screens/shell/terminal-keys.ts';

describe('the key table', () => {
  test.each(screens.map((s) => [s.id, s] as const))('has each key and each id once on %s', (_, screen) => {
    const all = bindingsOf(screen);
    const keys = all.flatMap((b) => b.keys);
    expect(keys.filter((key, at) => keys.indexOf(key) !== at)).toEqual([]);
    const ids = all.map((b) => b.id);
    expect(new Set(ids).size).toBe(ids.length);
  });

  test.each(screens.map((s) => [s.id, s] as const))(
    'has no key of %s that clashes with one that works everywhere',
    (_, screen) => {
      const general = generalBindings(screen);
      const clashes = (screen.keys ?? []).flatMap((own) =>
        general
          .filter((b) => !own.instead?.includes(b.id))
          .flatMap((b) => b.keys.filter((key) => own.keys.includes(key)).map((key) => `${key}: ${own.id} and ${b.id}`)),
      );
      expect(clashes).toEqual([]);
      // What is named is there, and is really taken: no key is lost without another in its place.
      for (const own of screen.keys ?? [])
        for (const id of own.instead ?? [])
          expect(own.keys, own.id).toEqual(
            expect.arrayContaining([...(general.find((b) => b.id === id)?.keys ?? ['?'])]),
          );
    },
  );

  test('has each screen once', () => {
    expect(new Set(screens.map((s) => s.id)).size).toBe(screens.length);
  });
});

const plain = {
  upArrow: false,
  downArrow: false,
  leftArrow: false,
  rightArrow: false,
  pageDown: false,
  pageUp: false,
  home: false,
  end: false,
  return: false,
  escape: false,
  tab: false,
  backspace: false,
  delete: false,
  ctrl: false,
  shift: false,
  meta: false,
};

describe('keys', () => {
  test.each([
    ['jjj', {}, ['j', 'j', 'j']],
    ['G', { shift: true }, ['G']],
    [':pods\r', {}, [':', 'p', 'o', 'd', 's', 'enter']],
    ['d', { ctrl: true }, ['ctrl-d']],
    ['', { escape: true }, ['esc']],
    ['j', { meta: true }, ['esc', 'j']],
    ['', { tab: true, shift: true }, ['shift-tab']],
    ['', { downArrow: true }, ['down']],
    ['\u001bq', {}, ['esc', 'q']],
    [' ', {}, ['space']],
  ])('%j %j', (input, flags, keys) => expect(keysOf(input, { ...plain, ...flags })).toEqual(keys));
});
