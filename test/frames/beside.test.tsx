// From 120 columns on, what the selected row opens stands beside the list.
import { render } from 'ink-testing-library';
import { describe, expect, test, vi } from 'vitest';
import { App, type Ports } from '../../src/app.tsx';
import { queryKey } from '../../src/core/queries/query.ts';
import { minute } from '../../src/core/time.ts';
import type { Command } from '../../src/engine/protocol.ts';
import { screens } from '../../src/screens/index.ts';
import { syncQueries } from '../../src/screens/shell/effects.ts';
import { frame } from '../../src/screens/shell/frame.ts';
import { createCockpitStore, placeAt, type State } from '../../src/store.ts';
import { eventually } from '../support/eventually.ts';
import { showing } from '../support/every-screen.ts';
import { contextOf, tell } from '../support/story.ts';
import { calm, frameText, now, outage, pressing, stateOf } from '../support/worlds.ts';

const wide = { columns: 120, rows: 40 };
const at = (screen: string, state = stateOf(outage)): State => ({
  ...state,
  ui: { ...state.ui, stack: [placeAt(screen)] },
});

describe('a list of 120 columns and more', () => {
  test.each([
    ['pods', 'POD  api-gateway-7d9f8b6c5-8qk5p'],
    ['health', 'BACKEND  gateway'],
    ['metrics', 'METRIC  API Response Time (p95)'],
    ['surfaces', 'SURFACE  openai-api'],
    ['studies', 'STUDY  study_abc123'],
  ])('shows the detail of the first of its %s at the right', (screen, title) => {
    expect(frameText(at(screen), wide)).toContain(title);
    expect(frameText(at(screen), { columns: 119, rows: 40 })).not.toContain(title);
  });
  test('shows the detail of another row as soon as the marker moves there', () => {
    const moved = pressing(at('studies'), wide, 'j');
    expect(frameText(moved, wide)).toContain('STUDY  study_def456');
    expect(frame(moved, wide).beside).toMatchObject({ screen: 'study', of: { study: 'study_def456' } });
  });
  test('shows what enter shows in an overlay, too', () => {
    const text = frameText(at('people'), wide);
    expect(text).not.toContain('failed');
  });
  test('draws no detail of logs and of the actions', () => {
    for (const screen of ['logs', 'act']) expect(frame(at(screen), wide).beside).toBeUndefined();
  });
});

test('every screen with a detail beside it keeps to the frame, and none fails', () => {
  for (const size of [wide, { columns: 160, rows: 45 }, { columns: 200, rows: 50 }])
    for (const { id: name } of screens) {
      const text = frameText(showing(name), size);
      expect(text, name).not.toContain('this screen failed');
      expect(text.split('\n'), name).toHaveLength(size.rows);
    }
});

test('only the row that the marker rests on is asked for, and no key waits for it', async () => {
  const ports: Ports = {
    send: vi.fn(),
    copy: vi.fn(async () => ''),
    redraw: vi.fn(),
    suspend: vi.fn(),
    signIn: vi.fn(),
    edit: vi.fn(),
    lend: vi.fn(),
    quit: vi.fn(),
    now: () => 0,
    colours: 0 as const,
    mouse: vi.fn(),
  };
  const store = createCockpitStore(at('studies', stateOf(calm)));
  const sent: Command[] = [];
  const end = syncQueries(store, (command) => sent.push(command));
  const screen = render(<App store={store} ports={ports} />);
  try {
    Object.defineProperty(screen.stdout, 'columns', { value: 140 });
    screen.stdout.emit('resize');
    await eventually(() => expect(screen.lastFrame()).toContain('STUDY  study_abc123'));
    screen.stdin.write('jj');
    await eventually(() => expect(screen.lastFrame()).toContain('STUDY  study_ghi789'));
    const asked = () => sent.flatMap((c) => (c.kind === 'subscribe' ? [queryKey(c.ask)] : []));
    await eventually(() => expect(asked().join()).toContain('study_ghi789'));
    expect(asked().join()).not.toContain('study_def456');
    store.setState({ ui: { ...store.getState().ui, stack: [{ ...placeAt('cockpit'), pane: 'health' }] } });
    await eventually(() =>
      expect(sent.some((c) => c.kind === 'unsubscribe' && queryKey(c.ask).includes('study_ghi789'))).toBe(true),
    );
  } finally {
    end();
    screen.unmount();
  }
});

describe('an incident of 120 columns and more', () => {
  const told = tell(
    now - 20 * minute,
    [0, 'ops1', { kind: 'opened', title: 'Complete API outage', severity: 1, why: 'the API is down' }],
    [3, 'ops2', { kind: 'note', text: 'the new revision crashes' }],
  );
  const state = at('incident', stateOf(outage, { incident: told, incidentContext: contextOf('ops1') }));
  test.each([
    [120, 40],
    [160, 45],
    [200, 50],
  ])('has people and timeline beside the checklist, and the breached metrics below it, at %i×%i', (columns, rows) => {
    const text = frameText(state, { columns, rows });
    expect(text).toMatch(/step 1 of 6 .*PEOPLE/);
    expect(text).toMatch(/commander +ops1/);
    expect(text).toMatch(/in control +you/);
    expect(text).toMatch(/02:57:07Z +ops2 {2}the new revision/);
    expect(text).toMatch(/API p95 5 min {2}4 210 ms .*Error rate 5 min {2}38 %/);
    expect(text).not.toContain('Redis memory  61 %');
  });
  test('has neither at 80×24, and keeps its checklist whole', () => {
    const text = frameText(state, { columns: 80, rows: 24 });
    expect(text).not.toContain('PEOPLE');
    expect(text).not.toContain('┤');
  });
  test('chooses a severity without a side column', () => {
    expect(frameText(at('incident'), wide)).not.toContain('PEOPLE');
  });
});
