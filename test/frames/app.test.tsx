// The component itself: what Ink hands in and out.
import { afterEach, describe, expect, test, vi } from 'vitest';
import { frame } from '../../src/screens/shell/frame.ts';
import { type Confirmation, take } from '../../src/store.ts';
import { eventually } from '../support/eventually.ts';
import { show } from '../support/show-app.tsx';
import { contextOf, tell } from '../support/story.ts';
import { calm, outage, stateOf } from '../support/worlds.ts';

// The real one, counted.
vi.mock('../../src/screens/shell/frame.ts', async (actual) => {
  const own = await actual<typeof import('../../src/screens/shell/frame.ts')>();
  return { ...own, frame: vi.fn(own.frame) };
});

let open: ReturnType<typeof show>;
afterEach(() => open.unmount());

describe('the app', () => {
  test('draws the state and the engine’s updates', async () => {
    open = show(stateOf(calm));
    await open.shows('no incident');
    open.store.setState(take(open.store.getState(), { readings: outage.readings }), true);
    await open.shows('CRITICAL');
  });

  test('draws the runbook’s small tables inside the frame', async () => {
    open = show(stateOf(calm));
    open.type(':');
    open.type('severity levels');
    await open.shows('severity levels');
    open.type('\r');
    await open.shows('when in doubt');
    await open.shows('Study execution failing >50%');
    const lines = (open.lastFrame() ?? '').split('\n');
    expect(lines[0]).toContain('PRODUCTION');
    expect(lines.length).toBeLessThanOrEqual(24);
    expect(lines.at(-1)).toContain('help');
    await open.shows('SEV4');
  });

  test('in the palette, what took the place of an entry that is gone is meant once it was seen', async () => {
    open = show(stateOf(calm));
    open.type(':');
    open.type('glyphs');
    await open.shows('glyphs ascii');
    const { ui } = open.store.getState();
    if (ui.overlay.kind !== 'palette') throw new Error('no palette');
    open.store.setState({ ui: { ...ui, overlay: { ...ui.overlay, on: 'gone' } } });
    await eventually(() => expect(open.store.getState().ui.overlay).toMatchObject({ on: 'glyphs' }));
    open.type('\r');
    await eventually(() => expect(open.store.getState().ui.ascii).toBe(true));
  });

  test('handles keys typed ahead one by one, in order', async () => {
    open = show(stateOf(outage));
    await open.shows('1 HEALTH');
    open.type('2jj');
    await open.shows('▌  ● 7d9f8b6c5-8qk5p');
  });

  test('passes text to the engine and the clipboard, and says so', async () => {
    open = show(stateOf(outage));
    await open.shows('1 HEALTH');
    open.type('R');
    await open.shows('querying all backends now');
    expect(open.ports.send).toHaveBeenCalledWith({ kind: 'refresh' });
    open.type('2jjy');
    await open.shows('copied: pod api-gateway');
    expect(open.ports.copy).toHaveBeenCalledWith('api-gateway-7d9f8b6c5-8qk5p');
    open.type('q');
    await eventually(() => expect(open.ports.quit).toHaveBeenCalled());
  });

  test('handles no pasted character as a key', async () => {
    open = show(stateOf(outage));
    await open.shows('1 HEALTH');
    open.type('\u001b[200~q\u001b[201~');
    await open.shows('pasted text ignored: it is never read as keys');
    expect(open.ports.quit).not.toHaveBeenCalled();
  });

  test.each(['say\u0003', '\u0003say', 'say\u0003say', 'says q', 'ay\u001a'])(
    'does not quit by a key inside a burst: %j',
    async (burst) => {
      open = show(stateOf(outage));
      await open.shows('1 HEALTH');
      open.type(burst);
      await open.shows('press it alone');
      expect(open.ports.quit).not.toHaveBeenCalled();
      expect(open.ports.suspend).not.toHaveBeenCalled();
      open.type('\u001bq');
      await eventually(() => expect(open.ports.quit).toHaveBeenCalledOnce());
    },
  );

  test('asks once for a name on a shared account, before anything is recorded, and then goes on', async () => {
    const incidentContext = { ...contextOf('root'), asksName: true };
    const incident = tell(outage.now, [0, 'root', { kind: 'opened', title: 'Outage', severity: 1, why: '5xx' }]);
    open = show(stateOf(outage, { incidentContext, incident }));
    await open.shows('1 HEALTH');
    const sent = () => open.ports.send.mock.calls.map(([command]) => command);
    open.type('n');
    await open.shows('Note');
    open.type('gateway restarts');
    open.type('\r');
    await open.shows('root is a shared account');
    expect(sent().filter(({ kind }) => kind === 'incident')).toEqual([]);
    open.type('Cockpit');
    open.type('\r');
    await open.shows('cockpit is the name of what the program does itself');
    for (const _ of 'Cockpit') open.type('\u007f');
    open.type('Ada Byron');
    open.type('\r');
    await eventually(() =>
      expect(sent().filter(({ kind }) => kind === 'incident')).toEqual([
        { kind: 'incident', what: { do: 'name', name: 'Ada Byron' } },
        { kind: 'incident', what: { do: 'note', text: 'gateway restarts' } },
      ]),
    );
  });

  test('draws a text that is typed in one burst once, not for each of its characters', async () => {
    const incident = tell(outage.now, [0, 'ops1', { kind: 'opened', title: 'Outage', severity: 1, why: '5xx' }]);
    open = show(stateOf(outage, { incidentContext: contextOf('ops1'), incident }));
    await open.shows('1 HEALTH');
    open.type('n');
    await open.shows('Note');
    vi.mocked(frame).mockClear();
    open.type('gateway restarts');
    await open.shows('gateway restarts');
    const drawn = vi.mocked(frame).mock.calls.length;
    expect(drawn).toBeGreaterThan(0);
    expect(drawn).toBeLessThan(4);
  });

  test.each([
    ['is held down', ['y', 'y', 'y']],
    ['came in a burst, piece by piece', ['R', 'w', 'w', 'y']],
  ])('confirms nothing by a y that %s', async (_, [first = '', ...rest]) => {
    open = show(stateOf(outage));
    await open.shows('1 HEALTH');
    open.type(first);
    const { ui } = open.store.getState();
    const ask: Confirmation = {
      title: 'Drop it?',
      lines: () => [],
      accept: { by: 'key', word: 'drop' },
      accepted: () => [{ kind: 'terminal', do: 'quit' }],
    };
    open.store.setState({ ui: { ...ui, overlay: { kind: 'confirm', ask, top: 0, typed: [], text: '' } } });
    await open.shows('Drop it?');
    for (const key of rest) open.type(key, rest.length > 2 ? 5 : 33);
    await open.shows('y ignored: part of a burst of keys');
    expect(open.ports.quit).not.toHaveBeenCalled();
    open.type('y');
    await eventually(() => expect(open.ports.quit).toHaveBeenCalledOnce());
  });

  test('quits by ^c alone', async () => {
    open = show(stateOf(outage));
    await open.shows('1 HEALTH');
    open.type('\u0003');
    await eventually(() => expect(open.ports.quit).toHaveBeenCalledOnce());
  });
});
