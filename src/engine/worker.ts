// The engine's thread: polls, evaluates, records and acts, so that a stalled terminal stops nothing.
import { parentPort, workerData } from 'node:worker_threads';
import type { Settings } from '../config/settings.ts';
import { debugLog } from '../disk/debug-log.ts';
import { merge } from './coalesce-updates.ts';
import { createEngine } from './engine.ts';
import { modulesFor } from './modules.ts';
import { encoder } from './pods-delta.ts';
import type { Update } from './protocol.ts';
import { sourcesFor } from './sources.ts';
import type { ToWorker } from './worker-client.ts';

const port = parentPort;
if (!port) throw new Error('the engine must run as a worker thread');
const settings = workerData as Settings;
const { file, level } = settings.log;
if (file !== undefined) await debugLog.open({ file, level, thread: 'engine' });
debugLog.info('start');
/** When the update was sent that the screen has not taken yet. */
let unreadSince: number | undefined;
const screenWaits = () => (unreadSince === undefined ? 0 : performance.now() - unreadSince);
const modules = modulesFor(settings, screenWaits);
const engine = createEngine({ settings, sources: await sourcesFor(settings), modules });
const parts = encoder();
let waiting: Update | undefined;

const post = () => {
  if (unreadSince !== undefined || (!waiting && !parts.isPending)) return;
  const update = waiting ?? {};
  waiting = undefined;
  unreadSince = performance.now();
  port.postMessage(parts.encode(update));
};

engine.subscribe((update) => {
  waiting = merge(waiting, update);
  post();
});
port.on('message', async (message: ToWorker) => {
  if (message.kind === 'taken') {
    unreadSince = undefined;
    post();
  } else if (message.kind === 'command') engine.send(message.command);
  else {
    await engine.stop();
    // Ends this thread without waiting for handles that a client library left open.
    process.exit();
  }
});
