// The notice above the footer: shown for its time, from when the screen is told.
import { expect, test } from 'vitest';
import type { Update } from '../../src/engine/protocol.ts';
import { noticeStays, take } from '../../src/store.ts';
import { contextOf } from '../support/story.ts';
import { frameText, outage, stateOf } from '../support/worlds.ts';

const size = { columns: 80, rows: 24 };

test.each<[by: string, update: Update]>([
  ['the engine', { said: { says: 'read-only again', verdict: 'unknown' } }],
  [
    'an incident',
    { incidentContext: contextOf('ops1', { said: { turn: 1, says: 'read-only again', verdict: 'ok' } }) },
  ],
])('what %s says is shown for its time, also to a screen that was stopped for an hour', (_, update) => {
  const before = stateOf(outage);
  const later = before.world.now + 3_600_000;
  const told = take(before, { now: later, ...update });
  const after = (ms: number) => frameText(take(told, { now: later + ms }), size);
  expect(after(0)).toContain('read-only again');
  expect(after(noticeStays - 1)).toContain('read-only again');
  expect(after(noticeStays)).not.toContain('read-only again');
});
