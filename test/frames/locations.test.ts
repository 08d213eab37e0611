// Where the services are: both environments of the runbook, and what this cockpit asks.
import { expect, test } from 'vitest';
import { contextOf } from '../support/story.ts';
import { calm, frameText, pressing, stateOf } from '../support/worlds.ts';

const size = { columns: 80, rows: 24 };
const opened = (environment: string) =>
  frameText(
    pressing(
      { ...stateOf({ ...calm, scope: { ...calm.scope, environment } }), incidentContext: contextOf('ops1') },
      size,
      ...[':', ...'service locations', 'enter'],
    ),
    size,
  );

test('shows both environments, names the present one, and what is asked now', () => {
  const text = opened('PRODUCTION');
  expect(text).toMatch(/asked now: PRODUCTION, namespace bentham-prod/);
  expect(text).toMatch(/primary +db-primary.bentham.io:5432/);
  expect(text).toMatch(/^ +production \(here\) +staging$/m);
  for (const host of ['api.bentham.io', 'api-staging.bentham.io', 'redis-staging.bentham.io:6379'])
    expect(text).toContain(host);
  expect(text).not.toContain('…');
  expect(opened('STAGING')).toMatch(/^ +production +staging \(here\)$/m);
});
