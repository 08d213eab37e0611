// How V8 uses memory while several cockpits are open on one host. Its options hold for both threads.
import { setFlagsFromString } from 'node:v8';
import { type Ms, second } from '../../core/time.ts';
import type { State } from '../../store.ts';

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
