// What `a` acts on: the marked row says it.
import { expect, test } from 'vitest';
import { here } from '../../src/store.ts';
import { showing } from '../support/every-screen.ts';
import { pressing } from '../support/worlds.ts';

const size = { columns: 80, rows: 24 };

test.each([
  ['sessions', [], { action: 'end-session', pid: '12' }],
  ['tables', [], { table: 'jobs' }],
  ['api-keys', ['j'], { key: 'key-2' }],
  ['evidence', [], { prefix: 's/', study: 's' }],
  ['evidence-study', [], { file: 'study_abc/shot.png', version: 'v1' }],
  // Its newest revision crashes: the roll back comes before the restart.
  ['incident', ['j', 'j', 'j', 'j'], { action: 'rollback-deployment', deployment: 'api-gateway' }],
  ['procedure', ['j', 'j', 'j', 'j'], { action: 'rollback-deployment', deployment: 'api-gateway' }],
  ['metrics', [], { deployment: 'api-gateway' }],
  ['pods', [], { deployment: 'api-gateway' }],
  ['surfaces', [], { action: 'disable-surface', surface: 'openai-api' }],
  ['studies', [], { study: 'study_abc123' }],
])('on %s after %j', (screen, keys, target) => {
  const opened = pressing(showing(screen), size, ...keys, 'a');
  expect(here(opened)).toMatchObject({ screen: 'act', of: target });
});

test('the sessions of a replica are not ended from here', () => {
  const state = showing('sessions');
  const [first, place = first] = state.ui.stack;
  const replica = { ...state, ui: { ...state.ui, stack: [first, { ...place, of: { server: 'replica' } }] as const } };
  expect(here(pressing(replica, size, 'a')).of).not.toHaveProperty('pid');
});
