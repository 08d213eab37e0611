// The thread of `status`: it asks Kubernetes and counts the gateway's logs, nearly half of all work, while the first
// thread asks everything else.
import { parentPort } from 'node:worker_threads';
import { kubernetesSources } from '../../data/kubernetes/sources.ts';
import type { Emit, Running } from '../../data/source.ts';
import type { FromThread, ToThread } from './worker-client.ts';

const port = parentPort;
if (!port) throw new Error('this must run as a worker thread');
const running = new Map<string, Running>();

port.on('message', async (message: ToThread) => {
  if (message.kind === 'start') {
    const { signal } = new AbortController();
    for (const source of kubernetesSources(message.settings, { once: true })) {
      const tell: Emit = (news) => port.postMessage({ source: source.id, news } satisfies FromThread);
      const run = source.start(tell, signal);
      running.set(source.id, run);
      // Requests go out in the order of the sources.
      await run.begun;
    }
  } else if (message.kind === 'refresh') running.get(message.source)?.refresh();
  // Connections close with the thread; so ends a credential plugin that still runs.
  else process.exit();
});
