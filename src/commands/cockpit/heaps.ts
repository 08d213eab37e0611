// What V8 is told once the start is over: to keep its heaps small, and to compile less. Its options hold for both threads.
import { setFlagsFromString } from 'node:v8';
import { type Ms, second } from '../../core/time.ts';
import type { CockpitStore, State } from '../../store.ts';

/**
 * How often it is looked for others, first when the start is over and what it needs is loaded: V8 takes compiled code only
 * under the options with which it was compiled.
 */
const lookEvery: Ms = 45 * second;

/**
 * V8 collects when a heap has grown by 2 MB instead of 8, gives what is short-lived no more room, and forgets compiled code
 * that was not called between two collections instead of six. Beside each what V8 does by itself.
 */
const options = [
  ['--semi-space-growth-factor=1', '--semi-space-growth-factor=2'],
  ['--optimize-for-size', '--no-optimize-for-size'],
  ['--flush-baseline-code', '--no-flush-baseline-code'],
  ['--bytecode-old-age=2', '--bytecode-old-age=6'],
] as const;

/** No more code is compiled with TurboFan, V8's slowest compiler; what is compiled stays so. */
const thrifty = ['--battery-saver-mode', '--no-battery-saver-mode'] as const;
/** That of Node 24. Of an option that it does not know an older one would write on the terminal. */
const firstThrifty = 13;

/** Whether other cockpits of this host have the same journal. */
export function isBesideOthers({ incidentContext }: Pick<State, 'incidentContext'>): boolean {
  if (!incidentContext) return false;
  const { host, session } = incidentContext.self;
  return incidentContext.here.some((one) => one.host === host && one.session !== session);
}

/**
 * Keeps the heaps small while `isCrowded`: that takes a tenth less memory and, of a cockpit that asks the platform itself, a
 * quarter of a percent of a core (docs/performance.md, Memory). Ends with the returned function.
 */
export function saveMemory(isCrowded: () => boolean): () => void {
  let saves = false;
  const timer = setInterval(() => {
    if (isCrowded() === saves) return;
    saves = !saves;
    for (const [smaller, usual] of options) setFlagsFromString(saves ? smaller : usual);
  }, lookEvery).unref();
  return () => clearInterval(timer);
}

/**
 * Has V8 compile less while nobody has touched the cockpit for some time: what a calm cockpit calls once a second never
 * pays for it. `onTouch`: calls its listener with each key, and returns what ends that. Ends with the returned function.
 */
export function saveWork(onTouch: (touched: () => void) => () => void): () => void {
  let saves = false;
  const save = (isIdle: boolean) => {
    if (isIdle === saves || Number.parseInt(process.versions.v8, 10) < firstThrifty) return;
    saves = isIdle;
    setFlagsFromString(isIdle ? thrifty[0] : thrifty[1]);
  };
  const timer = setInterval(() => save(true), lookEvery).unref();
  const end = onTouch(() => {
    save(false);
    timer.refresh();
  });
  return () => {
    clearInterval(timer);
    end();
  };
}

/** Both, for a cockpit on its screen. Ends with the returned function. */
export function thrift(store: CockpitStore): () => void {
  const ends = [
    saveMemory(() => isBesideOthers(store.getState())),
    saveWork((touched) => store.subscribe((after, before) => after.ui !== before.ui && touched())),
  ];
  return () => {
    for (const end of ends) end();
  };
}
