// Answers queries while a screen subscribes to them: at once, then at an interval, each query on its own.
import { type Query, type QueryKind, queryKey } from '../core/queries/query.ts';
import { second } from '../core/time.ts';
import { lose, pending, type Reading } from '../core/world/reading.ts';
import { backoff, deadline, pause } from '../data/source.ts';
import { debugLog } from '../disk/debug-log.ts';
import type { CreateModule } from './module.ts';
import { type Resolver, resolversFor } from './resolvers.ts';

type Looking = { watchers: number; end: AbortController; wake: AbortController };

export const queriesModule: CreateModule = (context) => {
  const { readers, close } = resolversFor(context.settings);
  const looking = new Map<string, Looking>();
  /** Kept after a screen was left, so that it opens again on the last known answer. */
  const last = new Map<string, Reading<unknown>>();
  const keptAnswers = 64;

  const tell = (key: string, reading: Reading<unknown>) => {
    last.delete(key);
    last.set(key, reading);
    for (const old of last.keys()) {
      if (last.size <= keptAnswers) break;
      if (!looking.has(old)) last.delete(old);
      else break;
    }
    context.emit({ queries: { [key]: reading } });
  };

  const follow = async (ask: Query, key: string, state: Looking) => {
    // The table pairs each kind with its own resolver, which the index type cannot express.
    const reader = readers[ask.kind] as Resolver<QueryKind> | undefined;
    if (!reader) return;
    const signal = AbortSignal.any([context.signal, state.end.signal]);
    let failures = 0;
    while (!signal.aborted) {
      state.wake = new AbortController();
      const begun = performance.now();
      const outcome = await deadline((s) => reader.read(ask, s), reader.timeout, reader.where, signal);
      if (signal.aborted) return;
      const took = Math.round(performance.now() - begun);
      const fault = outcome.ok ? undefined : { code: outcome.fault.code, what: outcome.fault.what };
      debugLog.write(fault ? 'warn' : 'debug', 'query', { query: ask.kind, took, ok: outcome.ok, fault });
      const at = Date.now();
      failures = outcome.ok ? 0 : failures + 1;
      const { wait = 0 } = outcome;
      const rest = outcome.ok ? Math.max(reader.every, wait) : wait || backoff(failures, second);
      const staleAfter = reader.every + Math.max(reader.every, wait) + reader.timeout;
      tell(
        key,
        outcome.ok
          ? { state: 'live', value: outcome.value, at, staleAfter, from: reader.from }
          : lose(last.get(key) ?? pending, outcome.fault, at, at + rest),
      );
      await pause(rest, AbortSignal.any([signal, state.wake.signal]));
    }
  };

  return {
    handle(command) {
      if (command.kind === 'refresh') for (const state of looking.values()) state.wake.abort();
      if (command.kind !== 'subscribe' && command.kind !== 'unsubscribe') return;
      const key = queryKey(command.ask);
      const state = looking.get(key);
      if (command.kind === 'subscribe') {
        if (state) state.watchers += 1;
        else {
          const begun: Looking = { watchers: 1, end: new AbortController(), wake: new AbortController() };
          looking.set(key, begun);
          const asked: Reading<unknown> = { state: 'pending', since: Date.now() };
          context.emit({ queries: { [key]: last.get(key) ?? asked } });
          void follow(command.ask, key, begun);
        }
      } else if (state) {
        state.watchers -= 1;
        if (state.watchers > 0) return;
        looking.delete(key);
        state.end.abort();
      }
    },
    stop: close,
  };
};
