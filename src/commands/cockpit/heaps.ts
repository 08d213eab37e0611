// How V8 uses memory while the screen is open. Its options hold for both threads.
import { setFlagsFromString } from 'node:v8';
import { type Ms, second } from '../../core/time.ts';

/**
 * When the start is over, and what it needed is loaded: V8 takes compiled code only under the options with which it was
 * compiled.
 */
const started: Ms = 45 * second;

/**
 * Once the start is over, V8 collects when a heap has grown by 2 MB instead of 8, and forgets the compiled code of functions
 * that were not called between two collections (docs/performance.md, Memory).
 */
export function saveMemory(): () => void {
  const timer = setTimeout(() => {
    setFlagsFromString('--optimize-for-size');
    setFlagsFromString('--flush-baseline-code');
    setFlagsFromString('--bytecode-old-age=2');
  }, started).unref();
  return () => clearTimeout(timer);
}
