// Roles and control are told apart, in words, wherever an incident is printed.
import { expect, test } from 'vitest';
import { listed, shown } from '../../src/commands/incident/run.ts';
import { profiles } from '../../src/config/profiles.ts';
import { settingsSchema } from '../../src/config/settings.ts';
import { minute } from '../../src/core/time.ts';
import { markdownReport } from '../../src/runbook/report.ts';
import { tell } from '../support/story.ts';

const { thresholds } = settingsSchema.parse({ profile: 'production', ...profiles.production });
const start = Date.UTC(2026, 10, 29, 3, 0);
const told = (...more: Parameters<typeof tell>[1][]) =>
  tell(
    start,
    [0, 'ana', { kind: 'opened', title: 'Complete API outage', severity: 1, why: 'x' }],
    [2, 'eve', { kind: 'role', role: 'scribe', change: 'taken', person: 'eve' }],
    [5, 'ben', { kind: 'wheel', session: 'session-ben', person: 'ben', why: 'ana goes' }],
    ...more,
  );
const now = start + 20 * minute;

test('incident show names the roles that are held, and who is in control since when', () => {
  const { text } = shown(told(), now);
  expect(text).toContain('commander ana, scribe eve; in control ben since 2026-11-29 03:05:00Z');
  const left = told([7, 'ana', { kind: 'role', role: 'commander', change: 'left', person: 'ana' }]);
  expect(shown(left, now).text).toContain('commander nobody, scribe eve; in control ben');
  const ended = told([9, 'ben', { kind: 'resolved', why: 'x' }]);
  expect(shown(ended, now).text).toContain('last in control ben since');
});

test('the list for programs has both', () => {
  const { entries } = told();
  const json = listed({ directory: '', files: [], entries, lines: [] }, true, now);
  expect(JSON.parse(json.text).incidents[0]).toMatchObject({
    roles: { commander: ['ana'], deputy: [], scribe: ['eve'], expert: [] },
    control: { person: 'ben', since: '2026-11-29T03:05:00.000Z' },
  });
});

test('the report says who was in control, and from when until when, where that changed', () => {
  const report = markdownReport(told(), { now, thresholds });
  expect(report).toMatch(/\| in control +\| ana +\| 03:00:00Z? to 03:05:00Z? +\|/);
  expect(report).toMatch(/\| in control +\| ben +\| 03:05:00Z? to now +\|/);
});
