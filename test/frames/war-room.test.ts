// The war room is read from the far end of a room: what matters is in letters of three lines and more.
import { describe, expect, test } from 'vitest';
import { minute } from '../../src/core/time.ts';
import { banner, largeBanner } from '../../src/screens/toolkit/banner-font.ts';
import { placeAt, type State } from '../../src/store.ts';
import { contextOf, tell } from '../support/story.ts';
import { calm, frameText, now, outage, stateOf } from '../support/worlds.ts';

const told = (minutes: number) =>
  tell(now - minutes * minute, [
    0,
    'ops1',
    { kind: 'opened', title: 'Complete API outage', severity: 1, why: 'the API is down' },
  ]);
const room = (state: State): State => ({ ...state, ui: { ...state.ui, stack: [placeAt('war-room')] } });
const during = (minutes = 20) => room(stateOf(outage, { incident: told(minutes), incidentContext: contextOf('ops1') }));
const inLetters = (text: string, letters: (text: string) => readonly string[], frame: string) => {
  for (const row of letters(text)) expect(frame).toContain(row.trimEnd());
};

describe('an open incident', () => {
  test.each([
    ['80×24', { columns: 80, rows: 24 }, banner],
    ['120×40', { columns: 120, rows: 40 }, banner],
    ['200×50', { columns: 200, rows: 50 }, largeBanner],
  ] as const)('has its step, who is in control and the next update in letters at %s', (_, size, letters) => {
    const text = frameText(during(), size);
    for (const caption of ['current step', 'in control', 'next update in']) expect(text).toContain(caption);
    for (const says of ['1/6', 'ops1', '10 m']) inLetters(says, letters, text);
    expect(text).toContain('step Acknowledge the alert and notify stakeholders');
    expect(text).not.toMatch(/[█▀▄]…/);
  });
  test('says how late an update is, and that nobody is in control', () => {
    const text = frameText(room(stateOf(outage, { incident: told(42), incidentContext: contextOf('ops2') })), {
      columns: 120,
      rows: 40,
    });
    expect(text).toContain('update late by');
    inLetters('12 m', banner, text);
    inLetters('nobody', banner, text);
  });
  test('has its severity and duration beside the verdict in little room', () => {
    inLetters('SEV1 00:20', banner, frameText(during(), { columns: 80, rows: 24 }));
  });
});

describe('a large wall', () => {
  test.each([
    [120, 40],
    [160, 45],
    [200, 50],
  ])('has charts in its lower part and no empty half at %i×%i', (columns, rows) => {
    for (const state of [room(stateOf(outage)), room(stateOf(calm))]) {
      const lines = frameText(state, { columns, rows }).split('\n');
      expect(lines.filter((each) => each.includes('┤')).length).toBeGreaterThanOrEqual(6);
      const empty = lines.slice(3, -2).filter((each) => each.trim() === '').length;
      expect(empty).toBeLessThan(rows / 4);
    }
  });
  test('has the worst metric first, with its value in letters', () => {
    const text = frameText(room(stateOf(outage)), { columns: 200, rows: 50 });
    inLetters('4 210 ms', banner, text);
    expect(text).toMatch(/API Response Time \(p95\).*Error Rate.*Queue Depth/);
  });
});

test('a small terminal has no charts', () => {
  expect(frameText(room(stateOf(outage)), { columns: 80, rows: 24 })).not.toContain('┤');
});
