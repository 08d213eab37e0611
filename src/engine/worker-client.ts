// The screen's side of the engine's thread.
import { Worker } from 'node:worker_threads';
import type { Settings } from '../config/settings.ts';
import { queryKey } from '../core/queries/query.ts';
import { sanitize } from '../core/text/text.ts';
import { type Ms, second } from '../core/time.ts';
import { debugLog } from '../disk/debug-log.ts';
import { merge } from './coalesce-updates.ts';
import { decoder, type Envelope } from './pods-delta.ts';
import type { Command, Engine, Update } from './protocol.ts';

export type ToWorker = { kind: 'taken' } | { kind: 'command'; command: Command } | { kind: 'stop' };

/** The pause before a failed thread is restarted. */
const restartAfter: Ms = 2 * second;
/**
 * In MB. Measured with an incident of 10,000 entries: 200 instead of 320 MB for both threads, for the same CPU time; V8
 * would let the room for short-lived objects of each thread grow to some 50 MB.
 */
const resourceLimits = { maxYoungGenerationSizeMb: 6 };
/** How long the thread may take to close its connections before it is terminated. */
const graceful: Ms = 3 * second;

/** Starts the engine in a thread. A failed thread is reported (`Update.engine`) and restarted. */
export function startEngine(settings: Settings, file = new URL('./worker.js', import.meta.url)): Engine {
  const listeners = new Set<(update: Update) => void>();
  let waiting: Update | undefined;
  let stopping = false;
  let heardAt = 0;
  let worker: Worker | undefined;
  let again: NodeJS.Timeout | undefined;
  /** Commands that stay in force until revoked: a restarted thread gets them again. */
  const looks = new Map<string, Command>();

  const tell = (update: Update) => {
    if (listeners.size === 0) waiting = merge(waiting, update);
    else for (const listener of listeners) listener(update);
  };
  const start = () => {
    const decode = decoder();
    let why = 'it ended';
    const thread = new Worker(file, { workerData: settings, stdout: true, stderr: true, resourceLimits });
    worker = thread;
    // Nothing but the screen writes to the terminal.
    thread.stdout.resume();
    thread.stderr.resume();
    thread.on('message', (envelope: Envelope) => {
      heardAt = performance.now();
      const update = decode(envelope);
      // A part of what is long shows nothing yet.
      if (Object.keys(update).length > 0) tell(update);
      // Answered in a later turn of the event loop: keys go first.
      setImmediate(() => thread.postMessage({ kind: 'taken' } satisfies ToWorker));
    });
    thread.on('error', (error) => {
      debugLog.error('engine failed', { error });
      const full = error instanceof Error && 'code' in error && error.code === 'ERR_WORKER_OUT_OF_MEMORY';
      why = full ? 'it ran out of memory' : sanitize(error instanceof Error ? error.message : error, 300);
    });
    thread.on('exit', () => {
      if (stopping || worker !== thread) return;
      tell({ engine: { state: 'failed', why } });
      again = setTimeout(start, restartAfter);
    });
    thread.on('online', () => tell({ engine: { state: 'running' } }));
    for (const command of looks.values()) thread.postMessage({ kind: 'command', command } satisfies ToWorker);
  };
  start();
  // The clock continues while the thread is silent.
  const clock = setInterval(() => {
    if (performance.now() - heardAt >= second) tell({ now: Date.now() });
  }, second);

  return {
    subscribe(listener) {
      listeners.add(listener);
      if (waiting) listener(waiting);
      waiting = undefined;
      return () => void listeners.delete(listener);
    },
    send(command) {
      if (command.kind === 'subscribe') looks.set(queryKey(command.ask), command);
      if (command.kind === 'unsubscribe') looks.delete(queryKey(command.ask));
      if (command.kind === 'logs') looks.set('logs', command);
      worker?.postMessage({ kind: 'command', command } satisfies ToWorker);
    },
    async stop() {
      stopping = true;
      clearInterval(clock);
      clearTimeout(again);
      const thread = worker;
      if (!thread) return;
      const ended = new Promise<void>((resolve) => thread.once('exit', () => resolve()));
      thread.postMessage({ kind: 'stop' } satisfies ToWorker);
      const late = setTimeout(() => void thread.terminate(), graceful);
      await ended;
      clearTimeout(late);
    },
  };
}
