// What a killed cockpit left open: only this person's, on this host, of a process that is gone.
import { expect, test } from 'vitest';
import type { Entry } from '../../src/core/incident/event.ts';
import { leftOpen } from '../../src/core/incident/left-open.ts';

const me = { user: 'ops', host: 'bastion', session: 'now' };
const entry = (
  session: string,
  phase: 'started' | 'ended',
  more: { pid?: number; host?: string; by?: string } = {},
): Entry => ({
  id: session,
  at: 1,
  environment: 'PRODUCTION',
  writer: { user: 'ops', name: 'ops', host: more.host ?? 'bastion', session: more.by ?? 'before' },
  event: { kind: 'shell', session, tool: 'psql', target: 'db', phase, command: 'psql', pid: more.pid },
});
const runs = (pid: number) => pid === 1;
const left = (...entries: Entry[]) => leftOpen(entries, me, runs).map(({ session }) => session);

test('a session without an end whose process is gone', () => {
  expect(left(entry('a', 'started', { pid: 2 }))).toEqual(['a']);
});
test('not one that ended, runs, is of another host or of this cockpit, or whose process is not known', () => {
  expect(left(entry('a', 'started', { pid: 2 }), entry('a', 'ended', { pid: 2 }))).toEqual([]);
  expect(left(entry('a', 'started', { pid: 1 }))).toEqual([]);
  expect(left(entry('a', 'started', { pid: 2, host: 'other' }))).toEqual([]);
  expect(left(entry('a', 'started', { pid: 2, by: 'now' }))).toEqual([]);
  expect(left(entry('a', 'started'))).toEqual([]);
});
