import fc from 'fast-check';
import { expect, test } from 'vitest';
import { type AlertChange, type Alerts, raisedAlerts, takeFindings } from '../../src/core/health/alert.ts';
import type { Finding } from '../../src/core/health/evaluate.ts';
import type { HealthStatus } from '../../src/core/health/status.ts';

const finding = (verdict: HealthStatus, id = 'metric/p95'): Finding => ({
  id,
  area: 'metrics',
  subject: 'API p95',
  verdict,
  rule: `metric/${verdict}`,
  says: `is ${verdict}`,
});

/** One finding's verdict for so many seconds, a look each second. */
function live(...story: readonly (readonly [HealthStatus | 'gone', number])[]) {
  let alerts: Alerts = {};
  const told: string[] = [];
  const changes: AlertChange[] = [];
  let now = 1_000_000;
  const start = now;
  for (const [verdict, seconds] of story)
    for (let s = 0; s < seconds; s++) {
      const step = takeFindings(alerts, verdict === 'gone' ? [] : [finding(verdict)], now);
      alerts = step.alerts;
      changes.push(...step.changes);
      told.push(...step.changes.map((c) => `${(now - start) / 1000} ${c.change} ${c.alert.level}`));
      now += 1000;
    }
  return { alerts, told, changes, now };
}

test('a critical finding is raised after ten seconds, a warning after thirty; its time counts from its start', () => {
  const { told, changes } = live(['ok', 5], ['critical', 20]);
  expect(told).toEqual(['15 raised critical']);
  expect(changes[0]?.alert.raisedAt).toBe(1_005_000);
  expect(live(['warning', 40]).told).toEqual(['30 raised warning']);
});

test('a short problem raises no alert', () => {
  expect(live(['ok', 5], ['critical', 8], ['ok', 60]).told).toEqual([]);
});

test('an alert clears after one calm minute, not before', () => {
  expect(live(['critical', 20], ['ok', 59]).told).toEqual(['10 raised critical']);
  expect(live(['critical', 20], ['ok', 62]).told).toEqual(['10 raised critical', '80 cleared critical']);
});

test('a worse level is shown at once and needs a new acknowledgement', () => {
  const { alerts, now } = live(['warning', 60]);
  const mine = { of: new Map([['metric/p95', { by: 'ops1', at: now - 1000 }]]) };
  expect(raisedAlerts(alerts, mine)[0]?.acknowledged?.by).toBe('ops1');
  let after = alerts;
  const changes: AlertChange[] = [];
  for (let s = 0; s <= 10; s++) {
    const step = takeFindings(after, [finding('critical')], now + s * 1000);
    after = step.alerts;
    changes.push(...step.changes);
  }
  expect(changes.map((c) => c.change)).toEqual(['worse']);
  expect(raisedAlerts(after)[0]).toMatchObject({ level: 'critical', since: now });
  expect(raisedAlerts(after, mine)[0]?.acknowledged).toBeUndefined();
});

test('a flapping finding raises one alert, which clears after five calm minutes', () => {
  const flap = [
    ['critical', 15],
    ['ok', 50],
  ] as const;
  const { told } = live(...flap, ...flap, ...flap, ...flap, ['ok', 400]);
  expect(told.filter((t) => t.includes('raised'))).toHaveLength(1);
  expect(told.filter((t) => t.includes('cleared'))).toHaveLength(1);
  const { alerts } = live(...flap, ...flap, ...flap, ['critical', 5]);
  expect(raisedAlerts(alerts)[0]?.flapping).toBe(true);
});

test('an unknown finding keeps its alert, and becomes info after five minutes', () => {
  expect(live(['critical', 20], ['unknown', 500]).told).toEqual(['10 raised critical']);
  expect(live(['unknown', 299]).told).toEqual([]);
  expect(live(['unknown', 310]).told).toEqual(['300 raised info']);
});

test('a finding that disappeared counts as calm', () => {
  const { told, alerts } = live(['critical', 20], ['gone', 70]);
  expect(told).toEqual(['10 raised critical', '80 cleared critical']);
  expect(alerts).toEqual({});
});

test('while nothing turns, what is remembered is not made again', () => {
  for (const verdict of ['ok', 'critical', 'unknown'] as const) {
    const { alerts, now } = live([verdict, 400]);
    expect(takeFindings(alerts, [finding(verdict)], now).alerts).toBe(alerts);
    const silent = { ...finding(verdict), unanswered: true } as const;
    expect(takeFindings(alerts, [silent], now).alerts['metric/p95']?.origin?.unanswered).toBe(true);
  }
});

test('what was calm and is not found any more is forgotten', () => {
  const { alerts, now } = live(['ok', 5]);
  const both = takeFindings(alerts, [finding('ok'), finding('ok', 'metric/errors')], now).alerts;
  expect(Object.keys(takeFindings(both, [finding('ok', 'metric/errors')], now + 1000).alerts)).toEqual([
    'metric/errors',
  ]);
});

test('raised and cleared always alternate, and a raised alert clears once its finding is ok', () => {
  const verdict = fc.constantFrom<HealthStatus>('ok', 'unknown', 'warning', 'critical');
  fc.assert(
    fc.property(fc.array(fc.tuple(verdict, fc.integer({ min: 1, max: 120 })), { maxLength: 20 }), (story) => {
      const { told, alerts } = live(...story, ['ok', 400]);
      const ups = told.map((t) => t.split(' ')[1]).filter((t) => t !== 'worse');
      expect(ups.every((t, i) => t === (i % 2 === 0 ? 'raised' : 'cleared'))).toBe(true);
      expect(raisedAlerts(alerts)).toEqual([]);
    }),
    { numRuns: 60 },
  );
});

test('unacknowledged alerts come first, then the worst, then the oldest', () => {
  const at = (s: number) => 1_000_000 + s * 1000;
  let alerts: Alerts = {};
  const four = [finding('warning', 'a'), finding('critical', 'b'), finding('critical', 'c'), finding('warning', 'd')];
  for (let s = 0; s < 40; s++) alerts = takeFindings(alerts, s < 3 ? four.slice(0, 2) : four, at(s)).alerts;
  expect(raisedAlerts(alerts).map((a) => a.id)).toEqual(['b', 'c', 'a', 'd']);
  expect(raisedAlerts(alerts, { of: new Map([['b', { by: 'ops1', at: at(40) }]]) }).map((a) => a.id)).toEqual([
    'c',
    'a',
    'd',
    'b',
  ]);
});

test('an alert whose source does not answer stays raised until the source answers that all is ok', () => {
  const api: Finding = {
    id: 'pods/api-gateway',
    area: 'pods',
    subject: 'api-gateway',
    verdict: 'critical',
    rule: 'workload/none-ready',
    says: '0/3',
  };
  const silent: Finding = {
    ...api,
    id: 'pods/kubernetes',
    subject: 'kubernetes',
    verdict: 'unknown',
    unanswered: true,
  };
  let alerts: Alerts = {};
  let now = 1_000_000;
  const told: string[] = [];
  const pass = (seconds: number, ...findings: readonly Finding[]) => {
    for (let s = 0; s < seconds; s++, now += 1000) {
      const step = takeFindings(alerts, findings, now);
      alerts = step.alerts;
      told.push(...step.changes.map(({ change, alert }) => `${change} ${alert.id}`));
    }
  };
  pass(20, api);
  pass(200, silent);
  expect(told).toEqual(['raised pods/api-gateway']);
  expect(raisedAlerts(alerts).map(({ id }) => id)).toEqual(['pods/api-gateway']);
  pass(100, { ...api, verdict: 'ok' });
  expect(told).toEqual(['raised pods/api-gateway', 'cleared pods/api-gateway']);
});

test('a snoozed alert is last, and speaks again when its time is over', () => {
  const { alerts, now } = live(['critical', 60]);
  const step = takeFindings(alerts, [finding('critical'), finding('critical', 'other')], now);
  const later = takeFindings(step.alerts, [finding('critical'), finding('critical', 'other')], now + 20_000);
  const snoozes = new Map([['metric/p95', { by: 'ops1', until: now + 60_000, level: 'critical' as const }]]);
  const at = (moment: number) => raisedAlerts(later.alerts, undefined, snoozes, moment);
  expect(at(now + 59_999).map((a) => [a.id, a.snoozed?.by])).toEqual([
    ['other', undefined],
    ['metric/p95', 'ops1'],
  ]);
  expect(at(now + 60_000).map((a) => [a.id, a.snoozed])).toEqual([
    ['metric/p95', undefined],
    ['other', undefined],
  ]);
});

test('a snooze ends when the alert gets worse than it was, not when it clears and comes back', () => {
  const snoozes = new Map([['metric/p95', { by: 'ops1', until: 9e9, level: 'warning' as const }]]);
  const worse = live(['warning', 60], ['critical', 20]);
  expect(raisedAlerts(worse.alerts, undefined, snoozes, worse.now)[0]?.snoozed).toBeUndefined();
  const again = live(['warning', 60], ['ok', 70], ['warning', 60]);
  expect(again.told.map((one) => one.split(' ').slice(1).join(' '))).toEqual([
    'raised warning',
    'cleared warning',
    'raised warning',
  ]);
  expect(raisedAlerts(again.alerts, undefined, snoozes, again.now)[0]?.snoozed?.by).toBe('ops1');
});
