import { describe, expect, test } from 'vitest';
import { bindingsOf } from '../../src/keymap.ts';
import { panes } from '../../src/screens/cockpit/panes.ts';
import { screens } from '../../src/screens/index.ts';
import { dispatchKey } from '../../src/screens/shell/dispatch-key.ts';
import { showKey } from '../../src/screens/shell/footer.ts';
import { frame } from '../../src/screens/shell/frame.ts';
import { here, placeAt } from '../../src/store.ts';
import { calm, crowd, frameText, outage, pressing, stateOf } from '../support/worlds.ts';

const size = { columns: 80, rows: 24 };
const at = (...keys: readonly string[]) => pressing(stateOf(outage), size, ...keys);
const title = (...keys: readonly string[]) => frameText(at(...keys), size).split('\n')[3];

describe('moving', () => {
  test('digits and tab choose the pane', () => {
    expect(frameText(at('3'), size)).toContain('▸3 METRICS');
    expect(frameText(at('tab'), size)).toContain('▸2 PODS');
    expect(frameText(at('shift-tab'), size)).toContain(`▸${panes.length} ${panes.at(-1)?.title}`);
  });

  test('j selects a row, enter opens it, esc returns to it', () => {
    const marked = at('2', 'j', 'j');
    expect(frameText(marked, size)).toContain('▌  ● 8qk5p');
    const opened = pressing(marked, size, 'enter');
    expect(frameText(opened, size)).toContain('POD  api-gateway-7d9f8b6c5-8qk5p');
    expect(frameText(pressing(opened, size, 'esc'), size)).toContain('▌  ● 8qk5p');
  });

  test('a notice disappears with its screen', () => {
    const said = at('esc');
    expect(frameText(said, size)).toContain('this is the top level; q quits');
    for (const keys of [['2', 'j', 'enter'], ['tab'], ['3'], ['w'], ['l']])
      expect(frameText(pressing(said, size, ...keys), size)).not.toContain('this is the top level');
    // Moving about in the same place takes nothing away.
    expect(frameText(pressing(said, size, 'j'), size)).toContain('this is the top level');
    const below = pressing(said, size, '2', 'j', 'enter', 'y');
    expect(pressing(below, size, 'esc').ui.notice).toBeUndefined();
  });

  test('a pane keeps its row while another has the focus', () => {
    expect(frameText(at('2', 'j', 'j', '3', 'j', '2'), size)).toContain('▌  ● 8qk5p');
  });

  test('z shows the pane full screen, with its order and filter', () => {
    expect(title('2', 'z')).toMatch(/PODS {2}bentham-prod {2}9\/11 ready +by health/);
    expect(title('2', 'z', 's', 's')).toContain('by restarts');
    expect(title('2', 'z', '/', 'o', 'o', 'm', 'enter')).toContain('/oom  1 of 11');
  });

  test('the filter takes letters, shows matches, and esc ends it before the screen', () => {
    const filtered = at('2', '/', 'q', 'k', '5');
    const shown = frame(filtered, size);
    expect(here(filtered).screen).toBe('pods');
    expect(shown.list.rows).toHaveLength(1);
    expect(
      shown.lines
        .flat()
        .filter((s) => s.tone === 'match')
        .map((s) => s.text),
    ).toContain('qk5');
    const ended = pressing(filtered, size, 'esc');
    expect(here(ended)).toMatchObject({ screen: 'pods', filter: '', filtering: false });
    expect(here(pressing(ended, size, 'esc')).screen).toBe('cockpit');
  });

  test('a filter without a match says so', () => {
    expect(frameText(at('2', '/', 'x', 'x', 'x'), size)).toContain('no row contains “xxx”');
  });

  test('G, g, half and whole pages move in long lists', () => {
    const many = (...keys: readonly string[]) => here(pressing(stateOf(crowd(500)), size, '2', 'z', 's', ...keys)).at;
    expect(many('G')).toBe(499);
    expect(many('G', 'g')).toBe(0);
    expect(many('ctrl-d')).toBe(8);
    expect(many('ctrl-d', 'ctrl-u')).toBe(0);
    expect(many('pagedown')).toBe(16);
    expect(many('pagedown', 'pageup')).toBe(0);
  });

  test('the marker stays on its row when rows come and go, and near it when it goes', () => {
    const marked = pressing(stateOf(outage), size, '2', 'z', 's', 'j', 'j', 'j');
    const row = frame(marked, size).row?.id;
    const fewer = (gone: (uid: string) => boolean) => ({
      ...marked,
      world: {
        ...outage,
        readings: {
          ...outage.readings,
          pods:
            outage.readings.pods.state === 'live'
              ? { ...outage.readings.pods, value: outage.readings.pods.value.filter((p) => !gone(`pod/${p.uid}`)) }
              : outage.readings.pods,
        },
      },
    });
    const first = frame(marked, size).list.rows[0]?.id;
    expect(
      frame(
        fewer((id) => id === first),
        size,
      ).row?.id,
    ).toBe(row);
    expect(
      frame(
        fewer((id) => id === row),
        size,
      ).row?.id,
    ).toBe(frame(marked, size).list.rows[4]?.id);
  });

  test('a key that does nothing says why', () => {
    expect(dispatchKey(stateOf(calm), frame(stateOf(calm), size), 'y')).toEqual([
      { kind: 'notice', says: 'copy: no row is selected', verdict: 'unknown' },
    ]);
    expect(frameText(at('y'), size)).toContain('copy: no row is selected');
  });

  test('y copies the row', () => {
    const marked = at('2', 'j', 'j');
    expect(dispatchKey(marked, frame(marked, size), 'y')).toEqual([
      { kind: 'copy', text: 'api-gateway-7d9f8b6c5-8qk5p', what: 'pod api-gateway-7d9f8b6c5-8qk5p' },
    ]);
  });

  test('the palette finds screens and keys by a few letters, and q is one of them', () => {
    const text = frameText(at(':', 's', 't', 'u', 'd'), size);
    expect(text).toContain(': stud█');
    expect(text).toContain('▌  studies');
    expect(here(at(':', 's', 't', 'u', 'd', 'i', 'e', 's', 'enter')).screen).toBe('studies');
    expect(frameText(at(':', 'q'), size)).toContain(': q█');
  });

  test('help lists the keys of the screen', () => {
    expect(frameText(at('2', 'z', '?'), size)).toContain('change the sort order');
  });

  test.each(screens.map((s) => s.id))('help on %s lists every key that works there in full, and no other', (screen) => {
    const state = stateOf(outage);
    const there = { ...state, ui: { ...state.ui, stack: [state.ui.stack[0], placeAt(screen)] as const } };
    const tall = { columns: 79, rows: 400 };
    const whole = frameText(pressing(there, tall, '?'), tall);
    const text = whole.slice(whole.indexOf('─ keys'));
    expect(text).not.toContain('…');
    const at = { state: there, place: placeAt(screen) };
    const keys = bindingsOf(frame(there, tall).screen, at).map((b) => b.keys.map(showKey).join(' '));
    const said = text
      .split('\n')
      .slice(0, -1)
      .flatMap((each) => /^ (\S+(?: \S+)*) {2,}\S/.exec(each)?.[1] ?? []);
    expect(said.toSorted()).toEqual(keys.toSorted());
  });

  test('esc is offered exactly where it goes back', () => {
    const footer = (...keys: readonly string[]) =>
      frameText(at(...keys), size)
        .split('\n')
        .at(-1);
    expect(footer()).not.toContain('esc back');
    for (const keys of [['z'], ['w'], ['l'], ['i'], ['2', 'j', 'enter'], ['a']])
      expect(footer(...keys)).toMatch(/esc back {2}:(?: commands)? {2}\? help$/);
  });

  test('enter opens the pane if no row is selected', () => {
    expect(here(at('4', 'enter')).screen).toBe('surfaces');
    expect(here(at('4', 'j', 'enter')).screen).toBe('surface');
  });

  test('a screen without a list has no filter', () => {
    expect(here(at('w', '/')).filtering).toBe(false);
    expect(frameText(at('w'), size)).not.toContain('/ filter');
    expect(here(at('3', '/'))).toMatchObject({ screen: 'metrics', filtering: true });
  });

  test('a notice above the footer leaves no gap in its rule', () => {
    for (const keys of [['y'], ['R']])
      expect(
        frameText(at(...keys), size)
          .split('\n')
          .at(-2),
      ).toMatch(/^─ \S.*\S ─+$/);
    expect(frameText(at('R'), size).split('\n').at(-2)).not.toContain('  ');
  });

  test('w goes to the war room and back', () => {
    expect(here(at('w')).screen).toBe('war-room');
    expect(frameText(at('w'), size)).toContain('██████');
    expect(here(at('w', 'w')).screen).toBe('cockpit');
  });
});
