// How much is remembered of strangers' incidents: anybody who can write a relay can make them.
import { expect, test } from 'vitest';
import type { Entry } from '../../src/core/incident/event.ts';
import type { Incident } from '../../src/core/incident/incident.ts';
import { Strangers } from '../../src/engine/relay/strangers.ts';

/** What these tests read of an entry and of an incident. */
const entryOf = (incident: string) => ({ incident, writer: { key: 'unknown' }, event: { kind: 'note' } }) as Entry;
const openedAs = (id: string) =>
  ({ id, keys: [{ key: 'ana', state: 'admitted' }], refused: [] }) as unknown as Incident;

test('of ten thousand incidents it is known that lines are missing, of older ones no more', () => {
  const strangers = new Strangers();
  const offer = (id: string, lines: number) => {
    const isWanted = strangers.judge(id, undefined);
    return Array.from({ length: lines }, () => isWanted(entryOf(id))).filter(Boolean).length;
  };
  // Twenty incidents fill what is taken of all that nobody opened.
  for (let at = 0; at < 20; at += 1) expect(offer(`filled ${at}`, 201)).toBe(200);
  for (let at = 0; at < 10_000; at += 1) offer(`late ${at}`, 1);
  expect(strangers.areMissing(openedAs('filled 0'))).toBe(false);
  for (const id of ['late 0', 'late 9999']) {
    expect(strangers.areMissing(openedAs(id))).toBe(true);
    expect(strangers.areMissing(openedAs(id))).toBe(false);
  }
});
