// While a long journal is read, every screen says so, and how far it is.
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { journalReadingModule } from '../../src/engine/incident/reading.ts';
import type { Update } from '../../src/engine/protocol.ts';
import { readingSays } from '../../src/screens/incident/offers.ts';
import { placeAt, take } from '../../src/store.ts';
import { contextOf } from '../support/story.ts';
import { calm, frameText, outage, stateOf } from '../support/worlds.ts';

beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());

const small = { columns: 80, rows: 24 };

function started() {
  const emitted: Update[] = [];
  const ready = Promise.withResolvers<void>();
  const recorder = { read: 0.1, ready: ready.promise };
  const module = journalReadingModule(recorder)({ emit: (update) => void emitted.push(update) });
  return { emitted, ready, recorder, module };
}

test('how far it is, is told until it is read', async () => {
  const { emitted, ready, recorder } = started();
  await vi.advanceTimersByTimeAsync(400);
  expect(emitted).toEqual([]);
  await vi.advanceTimersByTimeAsync(200);
  recorder.read = 0.8;
  await vi.advanceTimersByTimeAsync(500);
  expect(emitted).toEqual([{ journalRead: 0.1 }, { journalRead: 0.8 }]);
  ready.resolve();
  await vi.advanceTimersByTimeAsync(5000);
  expect(emitted).toHaveLength(2);
});

test('nothing is told after the engine stopped', async () => {
  const { emitted, module } = started();
  await module.stop?.();
  await vi.advanceTimersByTimeAsync(5000);
  expect(emitted).toEqual([]);
});

test.each([
  [undefined, 'reading the journal'],
  [0, 'reading the journal, 0 %'],
  [0.999, 'reading the journal, 99 %'],
  [1, 'reading the journal, 100 %'],
])('%s', (journalRead, says) => {
  expect(readingSays(stateOf(calm, { journalRead }))).toBe(says);
});

test.each([calm, outage])('the header says so before anything else, until the context comes', (world) => {
  const state = take(stateOf(world), { journalRead: 0.456 });
  expect(frameText(state, small).split('\n')[1]).toMatch(/^ reading the journal, 45 % {2}· /);
  const screen = (id: string) =>
    frameText({ ...state, ui: { ...state.ui, stack: [state.ui.stack[0], placeAt(id)] } }, small);
  expect(screen('people')).toContain(' reading the journal, 45 %\n');
  expect(screen('incident')).toMatch(/INCIDENT.* reading the journal, 45 %/);
  const after = take(state, { incidentContext: contextOf('ana') });
  expect(after).not.toHaveProperty('journalRead');
  expect(frameText(take(after, { journalRead: 0.5 }), small)).not.toContain('reading the journal');
});
