// Runs the backups source in a thread, so that `status` loads the AWS clients while the other sources answer.
import { Worker } from 'node:worker_threads';
import type { Settings } from '../config/settings.ts';
import { sanitize } from '../core/text/text.ts';
import type { Source, SourceUpdate } from '../data/source.ts';

/** Beside this file: the built thread in the bundle, the source in tests. */
const threadFile = new URL(
  import.meta.url.endsWith('.ts') ? './backups-worker-thread.ts' : './backups-worker-thread.js',
  import.meta.url,
);

/** The backups source in a thread: the clients of RDS and S3 are a third of the code that `status` loads. */
export function backupsApart(settings: Settings, file = threadFile): Source {
  const id = 'backups';
  return {
    id,
    facts: ['backups'],
    start(tell, signal) {
      const thread = new Worker(file, { workerData: settings, stdout: true, stderr: true });
      thread.stdout.resume();
      thread.stderr.resume();
      thread.on('message', (news: SourceUpdate) => tell(news));
      thread.on('error', (error) => {
        const what = sanitize(error instanceof Error ? error.message : error, 200);
        const hint = 'the backups worker failed: try again';
        tell({ fact: 'backups', at: Date.now(), fault: { kind: 'malformed', where: id, what, hint } });
      });
      const ended = new Promise<void>((resolve) => thread.on('exit', () => resolve()));
      signal.addEventListener('abort', () => void thread.terminate(), { once: true });
      return { refresh: () => thread.postMessage('refresh'), ended };
    },
  };
}
