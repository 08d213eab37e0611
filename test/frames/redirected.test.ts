import { expect, test } from 'vitest';
import { calm, frameText, outage, scope, stateOf } from '../support/worlds.ts';

test('targets that differ from the profile are named on every frame that has room', () => {
  const redirected = ['database.primary.host is localhost (env PGHOST), not db-primary.bentham.io'];
  const at = (columns: number, world = calm) => {
    const marked = { ...world, scope: { ...scope, redirected } };
    return frameText(stateOf(marked), { columns, rows: 24 }).split('\n')[0];
  };
  expect(at(80)).toMatch(/PRODUCTION {3}read-only {2}▲ redirected .*OK/);
  expect(at(80, outage)).toMatch(/▲ redirected .*● CRITICAL/);
  expect(at(200)).toContain('▲ redirected');
  expect(frameText(stateOf(calm), { columns: 80, rows: 24 })).not.toContain('redirected');
});
