// The component with a terminal of Ink's, and ports that remember.
import { render } from 'ink-testing-library';
import { expect, vi } from 'vitest';
import { App, type Ports } from '../../src/app.tsx';
import { createCockpitStore, type State } from '../../src/store.ts';
import { eventually } from './eventually.ts';

/** Ports that remember what they were given; `now` is their clock. */
export const rememberingPorts = (now: Ports['now']) => ({
  send: vi.fn<Ports['send']>(),
  copy: vi.fn<Ports['copy']>(async () => ''),
  redraw: vi.fn<Ports['redraw']>(),
  suspend: vi.fn<Ports['suspend']>(),
  signIn: vi.fn<Ports['signIn']>(),
  edit: vi.fn(async (text: string) => text),
  lend: vi.fn<Ports['lend']>(),
  quit: vi.fn<Ports['quit']>(),
  now,
  colours: 0 as const,
  mouse: vi.fn<Ports['mouse']>(),
});

/** `rows`: what draws past Ink. */
export function show(state: State, rows?: Ports['rows']) {
  // Only the test moves it: a busy machine tears no burst apart.
  let clock = 0;
  const ports = { ...rememberingPorts(() => clock), ...(rows && { rows }) };
  const store = createCockpitStore(state);
  const screen = render(<App store={store} ports={ports} />);
  const shows = (text: string) => eventually(() => expect(screen.lastFrame()).toContain(text));
  /** So many ms pass without a key. */
  const pass = (ms: number) => {
    clock += ms;
  };
  /** Types a burst, so many ms after the one before it. */
  const type = (burst: string, after = 1000) => {
    pass(after);
    screen.stdin.write(burst);
  };
  return { ports, store, ...screen, shows, type, pass };
}
