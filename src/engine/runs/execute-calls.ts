// The calls of a plan, one after the other. The first one that is not done ends it; none is ever made twice.
import type { Plan } from '../../core/actions/action.ts';
import type { CallResult } from '../../data/call-result.ts';
import { execute } from '../../data/execute.ts';
import type { LiveRun } from './live-run.ts';

/** How far the calls came. `uncertainty`: why nobody knows whether the last one happened. */
export type Carried =
  | { end: 'all'; uncertainty?: string }
  | { end: 'stopped'; performed: Exclude<CallResult, { outcome: 'done' | 'unknown' }>; at: number };

export async function executeCalls(live: LiveRun, { calls }: Plan): Promise<Carried> {
  for (const [at, call] of calls.entries()) {
    const performed = await performCall(live, at, call);
    if (performed.outcome === 'done') live.tell({ kind: 'performed', call: at });
    // Not again: whether it happened is for the facts to say.
    else if (performed.outcome === 'unknown') return { end: 'all', uncertainty: performed.says };
    else return { end: 'stopped', performed, at };
  }
  return { end: 'all' };
}

async function performCall(live: LiveRun, at: number, call: Plan['calls'][number]): Promise<CallResult> {
  const { settings, context, kept, signal } = live.options;
  const begun = performance.now();
  const performed = await execute(call, {
    settings,
    context,
    signal: AbortSignal.any([signal, live.stop.signal]),
    tell: (lines) => live.tell({ kind: 'output', lines }),
    progress: (says) => live.tell({ kind: 'progress', says }),
    keep: (rows) => kept.write(live.run.id, rows),
  });
  live.log({
    kind: 'change',
    says: live.run.calls[at]?.sketch ?? call.tool,
    took: Math.round(performance.now() - begun),
    ok: performed.outcome === 'done',
    what: performed.says,
  });
  if (call.tool !== 'command') live.tell({ kind: 'output', lines: [performed.says] });
  return performed;
}
