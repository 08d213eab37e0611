// What stands on a small screen stands there whole: shorter words rather than words cut in two.
import { describe, expect, test } from 'vitest';
import { queryKey } from '../../src/core/queries/query.ts';
import type { Database } from '../../src/core/world/facts.ts';
import type { Fault } from '../../src/core/world/reading.ts';
import { severityLevels } from '../../src/runbook/severities.ts';
import { here, placeAt } from '../../src/store.ts';
import { alert, showing } from '../support/every-screen.ts';
import { contextOf } from '../support/story.ts';
import { away, calm, fault, frameText, live, lost, outage, pressing, stateOf } from '../support/worlds.ts';

const [usual, smallest] = [
  { columns: 80, rows: 24 },
  { columns: 60, rows: 15 },
];

const openAt = (screen: string, world = calm) => {
  const state = stateOf(world);
  const place = placeAt(screen);
  return { ...state, ui: { ...state.ui, stack: [here(state), place] as typeof state.ui.stack } };
};

describe('an unreachable backend, at 80×24', () => {
  const faults: readonly Partial<Fault>[] = [
    { kind: 'refused', what: 'connection refused (ECONNREFUSED 10.20.30.40:5432)' },
    { kind: 'forbidden', what: 'password authentication failed for user bentham, not in pg_hba.conf' },
    { kind: 'malformed', what: 'certificate is for another name: db-primary.internal.bentham.io' },
    { kind: 'timeout', what: 'timed out after 2 s' },
  ];
  test.each(faults)('%o', (each) => {
    const primary = { ...away.readings.primary, fault: { ...fault, ...each } } as typeof away.readings.primary;
    const world = { ...away, readings: { ...away.readings, primary } };
    const line = frameText(stateOf(world), usual)
      .split('\n')
      .find((l) => l.includes('primary  '));
    const pane = line?.slice(0, 38) ?? '';
    expect(pane).not.toContain('…');
    expect(pane).toMatch(/retry(ing in)? 4 s *$/);
  });
});

test('the selected action or procedure shows its full description', () => {
  for (const size of [usual, smallest]) {
    expect(frameText(openAt('act'), size).replace(/\s+/g, ' ')).toContain(
      'replaces all pods of a deployment with new ones from the same template',
    );
    expect(frameText(openAt('procedures'), size).replace(/\s+/g, ' ')).toContain(
      'The platform is down: the API does not answer, or answers 5xx to all requests.',
    );
    expect(frameText(openAt('act'), size)).not.toContain('…');
    expect(frameText(openAt('procedures'), size)).not.toContain('…');
  }
});

test('an unavailable action shows its full reason', () => {
  const state = pressing(openAt('act'), usual, 'j', 'j', 'j');
  expect(frameText(state, usual)).toContain('not now: the primary answers');
});

test('opening an incident cuts no word', () => {
  for (const size of [usual, smallest]) expect(frameText(openAt('incident', outage), size)).not.toContain('…');
});

test('the runbook’s small tables lose their lines before their words', () => {
  const text = frameText(openAt('severities'), smallest).replace(/\s+/g, ' ');
  for (const { severity, description, example } of severityLevels)
    expect(text).toContain(`SEV${severity} ${description}: ${example}`);
});

test('backups, contacts and the overview cut no value at 60×15', () => {
  for (const screen of ['backups', 'contacts', 'overview'])
    expect(frameText(openAt(screen, outage), smallest), screen).not.toContain('…');
});

test('an alert, an API key and a step drop whole clauses, and show all of them when selected', () => {
  const says = '71 % of 440 jobs failed: Rate limited: too many requests from this key, since the deploy at 03:01';
  const alerts = [{ ...alert, says }];
  const alertsText = frameText(showing('alerts', { incidentContext: contextOf('ops1', { alerts }) }), usual);
  expect(alertsText).toMatch(/API p95 +03:12 +71 % of 440 jobs failed: Rate limited +13:00 left/);
  expect(alertsText.replace(/\s+/g, ' ')).toContain(says);

  const checklist = frameText(showing('incident'), usual);
  expect(checklist).not.toContain('…');
  expect(checklist).toMatch(/5 Restart API gateway if needed +roll back first: revision 42 crashes$/m);

  // A decision never stands beside a subject without its finding.
  const primary = lost<Database>(undefined, 'refused');
  const noPrimary = { ...outage, readings: { ...outage.readings, primary } };
  for (const columns of [60, 64, 68, 72, 76, 80]) {
    const drawn = frameText(showing('incident', { world: noPrimary }), { columns, rows: 24 });
    expect(drawn).toMatch(/5 Restart API gateway/);
    expect(drawn).not.toMatch(/(recommended|not needed|unsure): primary *$/m);
  }

  const key = { id: 'k', tenant: 'tenant-kyanos', name: 'Production Key (rotated)', createdAt: 0, revoked: false };
  const rows = [{ ...key, permissions: ['admin:all', 'studies:read', 'studies:write'] }];
  const ask = { kind: 'api-keys' } as const;
  const looks = { [queryKey(ask)]: live({ rows, more: false }) };
  expect(frameText(showing('api-keys', { queries: looks }), usual)).toMatch(/admin:all \+2 .* full access$/m);
});
