// Who is on call, now and next, from what PagerDuty lists.
import { expect, test } from 'vitest';
import { levelOf, levelsOf, type OnCall, onCallNext, onCallNow, pageRef } from '../../src/core/queries/pager.ts';
import { hour } from '../../src/core/time.ts';

const now = Date.UTC(2026, 0, 17, 3, 14);
const shift = (name: string, level: number, since?: number, until?: number): OnCall => ({
  user: { id: name, name },
  level,
  since: since === undefined ? undefined : now + since * hour,
  until: until === undefined ? undefined : now + until * hour,
});
const mara = shift('mara', 1, -3, 5);
const jonas = shift('jonas', 1, 5, 17);
const elena = shift('elena', 3);

test('on call now: from the beginning of a shift, no more at its end; without times always', () => {
  const all = [mara, jonas, shift('sofia', 2, -9, 0), elena];
  expect(onCallNow(all, now)).toEqual([mara, elena]);
  expect(onCallNow(all, now + 5 * hour)).toEqual([jonas, elena]);
  expect(levelsOf(all)).toEqual([1, 2, 3]);
});

test('next is the earliest other person of the level, whatever the order of the list', () => {
  expect(onCallNext([shift('amir', 1, 17, 29), jonas, mara, elena], 1, now)).toBe(jonas);
  expect(onCallNext([mara, jonas, elena], 3, now)).toBeUndefined();
});

test('a shift of the same person that follows is no change', () => {
  expect(onCallNext([mara, shift('mara', 1, 5, 8), shift('amir', 1, 8, 12)], 1, now)?.user.id).toBe('amir');
});

test('where nobody is on call now, the first who will be is next', () => {
  expect(onCallNext([jonas], 1, now)).toBe(jonas);
});

test('a page is at the highest level that its assignees are on call at now', () => {
  const all = [mara, jonas, shift('mara', 2, -1, 1), elena];
  const assignees = (...ids: string[]) => ({ assignees: ids.map((id) => ({ id, name: id })) });
  expect(levelOf(assignees('mara'), all, now)).toBe(2);
  expect(levelOf(assignees('jonas'), all, now)).toBeUndefined();
});

test('a page is named by its key, and by its id where it has several alerts', () => {
  expect(pageRef({ id: 'Q1', key: 'bentham/1' })).toBe('bentham/1');
  expect(pageRef({ id: 'Q1' })).toBe('Q1');
});
