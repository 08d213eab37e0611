// The thread of backups-worker.ts: lists the backups and posts the result.
import { parentPort, workerData } from 'node:worker_threads';
import type { Settings } from '../config/settings.ts';
import { backupsSource } from '../data/aws/backups.ts';

const port = parentPort;
if (!port) throw new Error('the backups worker must run as a thread');
const running = backupsSource(workerData as Settings).start(
  (news) => port.postMessage(news),
  new AbortController().signal,
);
port.on('message', () => running.refresh());
