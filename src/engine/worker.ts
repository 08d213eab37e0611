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
const engine = createEngine({ settings, sources: await sourcesFor(settings), modules: modulesFor(settings) });
const encode = encoder();
let unread = false;
let waiting: Update | undefined;

const post = () => {
  if (!waiting || unread) return;
  const update = waiting;
  waiting = undefined;
  unread = true;
  port.postMessage(encode(update));
};

engine.subscribe((update) => {
  waiting = merge(waiting, update);
  post();
});
port.on('message', async (message: ToWorker) => {
  if (message.kind === 'taken') {
    unread = false;
    post();
  } else if (message.kind === 'command') engine.send(message.command);
  else {
    await engine.stop();
    // Ends this thread without waiting for handles that a client library left open.
    process.exit();
  }
});
