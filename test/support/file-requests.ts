// Counts what is asked of the file system without blocking: each such call wakes two threads, and costs an idle cockpit
// twenty times what the call itself does.
import { createHook } from 'node:async_hooks';

const calls = new Set(['FSREQCALLBACK', 'FSREQPROMISE', 'FILEHANDLECLOSEREQ']);

/** How many asynchronous calls to the file system this thread begins while `run` runs. */
export async function fileRequestsOf(run: () => Promise<unknown>): Promise<number> {
  let count = 0;
  const hook = createHook({
    init(_, type) {
      if (calls.has(type)) count += 1;
    },
  });
  hook.enable();
  try {
    await run();
  } finally {
    hook.disable();
  }
  return count;
}
