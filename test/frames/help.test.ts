// The help of a screen: what one does here first, moving about last, in columns, searchable.
import { describe, expect, test } from 'vitest';
import { bindingsOf } from '../../src/keymap.ts';
import { screens } from '../../src/screens/index.ts';
import { helpLines } from '../../src/screens/overlays/help.ts';
import { showKey } from '../../src/screens/shell/footer.ts';
import { textOf } from '../../src/screens/toolkit/line.ts';
import { here, type State } from '../../src/store.ts';
import { showing } from '../support/every-screen.ts';
import { frameText, pressing } from '../support/worlds.ts';

const small = { columns: 80, rows: 24 };

const linesOf = (state: State, columns: number, search?: string) => {
  const place = here(state);
  const screen = screens.find((s) => s.id === place.screen);
  if (!screen) throw new Error(place.screen);
  const help = { kind: 'help', top: 0, ...(search === undefined ? {} : { search }) } as const;
  return helpLines({ state, place }, screen, help, columns).map(textOf);
};

/** The words of a text, in whatever lines and columns they stand. */
const words = (text: string) => text.split(/\s+/).filter(Boolean);

test.each([60, 80, 120, 200])(
  'at %i columns every key of every screen is there with every word about it, none cut',
  (columns) => {
    for (const screen of screens) {
      const state = showing(screen.id);
      const lines = linesOf(state, columns);
      for (const each of lines) expect(each.length).toBeLessThanOrEqual(columns);
      const shown = new Set(lines.flatMap(words));
      for (const b of bindingsOf(screen, { state, place: here(state) }))
        for (const word of [...b.keys.map(showKey), ...words(b.about)])
          expect([screen.id, b.id, [...shown].some((one) => one.includes(word.replace(/^\(|\)$/g, '')))]).toEqual([
            screen.id,
            b.id,
            true,
          ]);
    }
  },
);

describe('on the checklist', () => {
  test('stands in one column below 80, in two from 80, in three from 150', () => {
    const heads = (columns: number) => linesOf(showing('incident'), columns).join('\n');
    expect(linesOf(showing('incident'), 79).length).toBeGreaterThan(1.5 * linesOf(showing('incident'), 120).length);
    expect(heads(80)).toMatch(/SEV1 Complete API outage/);
    expect(linesOf(showing('incident'), 200).length).toBeLessThan(linesOf(showing('incident'), 120).length);
  });

  test('begins with what works here now, and ends with moving about', () => {
    const lines = linesOf(showing('incident'), 79);
    const at = (text: RegExp) => lines.findIndex((each) => text.test(each));
    expect(lines[0]).toContain('SEV1 Complete API outage');
    expect(lines[1]).not.toContain('not now');
    expect(at(/not now/)).toBeGreaterThan(at(/send to PagerDuty/));
    expect(at(/^ everywhere/)).toBeGreaterThan(at(/not now/));
    expect(at(/^ move/)).toBeGreaterThan(at(/^ everywhere/));
    expect(at(/move one row down/)).toBeGreaterThan(at(/^ move/));
  });
});

test('/ searches: only keys with all the words stay; enter keeps them, esc shows all, esc leaves', () => {
  const asked = pressing(showing('incident'), small, '?', '/', 'w', 'a', 'r', 'space', 'w', 'a', 'l', 'l');
  expect(frameText(asked, small)).toContain('/ war wall█');
  expect(frameText(asked, small)).toContain('for a wall screen');
  expect(frameText(asked, small)).not.toContain('reopen the step');
  expect(frameText(asked, small)).toContain('enter apply  esc clear');
  const kept = pressing(asked, small, 'enter');
  expect(frameText(kept, small)).toContain('for a wall screen');
  const all = pressing(kept, small, 'esc');
  expect(frameText(all, small)).toContain('reopen the step');
  expect(pressing(all, small, 'esc').ui.overlay.kind).toBe('none');
  expect(frameText(pressing(showing('incident'), small, '?', '/', 'q', 'q', 'q'), small)).toContain(
    'no key contains these words',
  );
});

test('a key that is searched for is found by what it is called, its reason and its synonyms', () => {
  expect(linesOf(showing('incident'), 80, 'control already').join('\n')).toContain('take control');
  expect(linesOf(showing('cockpit'), 80, 'reload').join('\n')).toContain('query all backends');
});
