// Snoozing an alert: how long is asked, the alert stays on the list, and the verdict stays as it is.
import { describe, expect, test } from 'vitest';
import type { DueAlert } from '../../src/core/incident/context.ts';
import type { Entry, Event } from '../../src/core/incident/event.ts';
import { AlertWatch } from '../../src/engine/incident/alerts.ts';
import { decide } from '../../src/engine/incident/decide.ts';
import { dispatchKey } from '../../src/screens/shell/dispatch-key.ts';
import { frame } from '../../src/screens/shell/frame.ts';
import type { State } from '../../src/store.ts';
import { alert, showing } from '../support/every-screen.ts';
import { frameText, now, outage } from '../support/worlds.ts';

const size = { columns: 80, rows: 24 };
const minute = 60_000;
const self = { session: 's', user: 'ops1', name: 'ops1', host: 'h' };

function alerts(more: Partial<DueAlert> = {}): State {
  const state = showing('alerts');
  const { incidentContext } = state;
  if (!incidentContext) throw new Error('no context');
  return { ...state, incidentContext: { ...incidentContext, alerts: [{ ...alert, ...more }] } };
}
const snoozed = { by: 'ops1', until: now + 26 * minute, level: 'critical' as const };
const press = (state: State, key: string) => dispatchKey(state, frame(state, size), key, true);

/** What the form answers to a text. */
function answer(text: string) {
  const state = alerts();
  const [form] = press(state, 's');
  if (form?.kind !== 'form') throw new Error('no form');
  return form.form.submit({ until: text }, state);
}

describe('s on an alert', () => {
  test('asks for how long, and takes spans and clock times to come', () => {
    const until = now + 30 * minute;
    const what = { do: 'snooze', alert: 'metric/p95', subject: 'API p95', level: 'critical' };
    expect(answer('30m')).toEqual([{ kind: 'send', command: { kind: 'incident', what: { ...what, until } } }]);
    expect(answer('03:40')).toMatchObject([{ command: { what: { until: Date.UTC(2026, 0, 17, 3, 40) } } }]);
  });

  test.each(['', 'soon', '0s', '2026-01-01 03:00', '25h'])('refuses %j', (text) => {
    expect(answer(text)).toEqual(expect.any(String));
  });

  test('ends the snooze of a snoozed one', () => {
    expect(press(alerts({ snoozed }), 's')).toMatchObject([{ command: { what: { do: 'snooze', until: now } } }]);
  });
});

test('a snoozed alert says until when, counts no response time, and hides nothing of the verdict', () => {
  const [plain, quiet] = [frameText(alerts(), size), frameText(alerts({ snoozed }), size)];
  expect(plain).toMatch(/1 alert 13 m/);
  expect(quiet).toContain('snoozed until 03:40Z');
  expect(quiet).toContain('1 not acknowledged, 1 snoozed, 1 total');
  expect(quiet).toContain('1 snoozed');
  expect(quiet).not.toMatch(/1 alert 13 m/);
  const verdict = (text: string) => /CRITICAL[^\n]*?\d+●/.exec(text)?.[0];
  expect(verdict(quiet)).toBe(verdict(plain));
});

test('nobody snoozes for longer than a day, whatever an entry of another cockpit says', () => {
  const command = { do: 'snooze', alert: 'metric/p95', level: 'critical', until: now + 25 * 60 * minute } as const;
  expect(decide(command, { incident: undefined, self, observing: false, world: outage, now })).toEqual({
    refused: 'an alert can be snoozed for at most 24 hours',
  });
  const watch = new AlertWatch();
  const event: Event = { kind: 'snoozed', alert: 'gateway/health', level: 'critical', until: now + 1e10 };
  const entry: Entry = { id: '1', at: now, writer: self, environment: 'x', event };
  watch.takeEntries([entry]);
  for (const after of [0, 11_000]) watch.takeWorld({ ...outage, now: now + after });
  const found = watch.raised.find(({ id }) => id === 'gateway/health');
  expect(found?.snoozed?.until).toBe(now + 24 * 60 * minute);
});
