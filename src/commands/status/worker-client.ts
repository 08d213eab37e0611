// The first thread's side of the thread of `status`.
import type { Worker } from 'node:worker_threads';
import type { Settings } from '../../config/settings.ts';
import type { FactId } from '../../core/world/facts.ts';
import type { Emit, Running, Source, SourceUpdate } from '../../data/source.ts';

export type ToThread =
  | { kind: 'start'; settings: Settings }
  | { kind: 'refresh'; source: string }
  /** Ends the thread, and with it what is open. */
  | { kind: 'end' };

/** What a source of the thread tells. */
export type FromThread = { source: string; news: SourceUpdate };

/** The thread that the launcher started (bin/kept.cjs), if it did. */
export function threadOfStatus(): Worker | undefined {
  return Reflect.get(globalThis, Symbol.for('BENTHAM_COCKPIT_THREAD')) as Worker | undefined;
}

/** The sources that run in the thread: as `kubernetesSources` names them, without loading what they need. */
export const threadedSources = (settings: Settings): readonly { id: string; facts: readonly FactId[] }[] => [
  ...(settings.prometheus ? [] : [{ id: 'gateway logs', facts: ['traffic'] } as const]),
  { id: 'kubernetes', facts: ['cluster'] },
  { id: 'kubernetes pods', facts: ['pods', 'deployments'] },
  { id: 'kubernetes workloads', facts: ['workloads'] },
];

/**
 * The sources of Kubernetes, run by a thread. `load`: the same sources for this thread, which takes over, from the
 * beginning, when that thread ends before it should: it could not start, or ran out of memory.
 */
export function kubernetesInThread(
  thread: Worker,
  settings: Settings,
  load: () => Promise<readonly Source[]>,
): readonly Source[] {
  const listeners = new Map<string, Emit>();
  const local = new Map<string, Running>();
  let signalled: AbortSignal | undefined;
  const post = (message: ToThread) => thread.postMessage(message);

  const takeOver = async () => {
    const signal = signalled;
    if (!signal || signal.aborted) return;
    for (const source of await load()) {
      const tell = listeners.get(source.id);
      if (tell && !signal.aborted) local.set(source.id, source.start(tell, signal));
    }
    await Promise.allSettled([...local.values()].map((run) => run.ended));
  };
  const gone = new Promise<void>((resolve) => {
    thread.on('message', ({ source, news }: FromThread) => listeners.get(source)?.(news));
    thread.once('exit', resolve);
    // It has ended before anybody listened.
    if (thread.threadId < 0) resolve();
  });
  const ended = gone.then(takeOver);

  return threadedSources(settings).map(({ id, facts }) => ({
    id,
    facts,
    start(tell, signal) {
      if (!signalled) {
        signalled = signal;
        signal.addEventListener('abort', () => post({ kind: 'end' }), { once: true });
        post({ kind: 'start', settings });
      }
      listeners.set(id, tell);
      const refresh = () => {
        const own = local.get(id);
        if (own) own.refresh();
        else post({ kind: 'refresh', source: id });
      };
      return { refresh, ended };
    },
  }));
}
