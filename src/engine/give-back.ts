// Gives back to the system what a start needed and nothing needs any more: most of its code runs once, and V8 keeps it,
// and the room in which it ran, until the heap is full.
import { getHeapStatistics, setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { type Ms, second } from '../core/time.ts';
import { debugLog } from '../disk/debug-log.ts';

/** All sources have answered by then, on a calm day. */
const startLasts: Ms = 20 * second;
/** How often it is asked again whether nobody waits for this thread. */
const askEvery: Ms = 5 * second;
/**
 * Bytes of the heap in use; a calm day has 30 MB, and collecting stops its thread for 30 to 90 ms on a quiet machine. More
 * is no start's leftover, and would stop it for longer.
 */
const largest = 64 * 1024 * 1024;

/**
 * Collects this thread's garbage once, in a quiet moment after the start, and shrinks its heap. `isQuiet` tells whether
 * nobody waits for this thread now. Returns what calls it off. It keeps no process alive.
 */
export function giveBackAfterStart(isQuiet: () => boolean = () => true, collect: () => void = collectAll): () => void {
  const look = () => {
    if (!isQuiet()) timer = setTimeout(look, askEvery).unref();
    else if (getHeapStatistics().used_heap_size <= largest) giveBack(collect);
  };
  let timer = setTimeout(look, startLasts).unref();
  return () => clearTimeout(timer);
}

function giveBack(collect: () => void): void {
  const before = getHeapStatistics().total_heap_size;
  const begun = performance.now();
  collect();
  const took = Math.round(performance.now() - begun);
  debugLog.info('heap shrunk', { before, after: getHeapStatistics().total_heap_size, took });
}

/** Drops the code of functions that have not run since the collection before, also at V8's own later collections. */
function collectAll(): void {
  // V8 would keep it for six of its own collections: on a calm day, ten minutes.
  setFlagsFromString('--bytecode-old-age=1');
  setFlagsFromString('--flush-baseline-code');
  // The function is there only in contexts that are made under this flag.
  setFlagsFromString('--expose-gc');
  const gc: unknown = runInNewContext('gc');
  if (typeof gc === 'function') gc({ type: 'major', flavor: 'last-resort' });
}
