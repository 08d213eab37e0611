// The engine: sources, world and modules behind one interface. It runs in a thread below the cockpit
// (worker.ts, worker-client.ts) and inline below `status`, `run` and the other one-shot commands.
import { scopeOf } from '../config/scope.ts';
import type { Settings } from '../config/settings.ts';
import { type Ms, second } from '../core/time.ts';
import type { FactId } from '../core/world/facts.ts';
import type { World } from '../core/world/world.ts';
import type { Running, Source } from '../data/source.ts';
import { debugLog } from '../disk/debug-log.ts';
import { merge } from './coalesce-updates.ts';
import { describeCommand, logUpdate } from './log-events.ts';
import type { CreateModule, EngineContext, EngineModule } from './module.ts';
import type { Engine, Update } from './protocol.ts';
import { WorldStore } from './world-store.ts';

/**
 * Facts arrive in bursts; the screen gets them in few batches: what a person waits for soon, and then so many a second
 * at most; what is only measured anew with the next second of the clock.
 */
const burst: Ms = 60;
const batchEvery: Ms = 250;
/** After a request for fresh facts, updates are delivered at the fast pace for this long. */
const awaited: Ms = 5 * second;

export type EngineOptions = {
  settings: Settings;
  sources: readonly Source[];
  modules: readonly CreateModule[];
};

/** Starts everything at once; updates flow from the first subscription on. */
export function createEngine({ settings, sources, modules: makers }: EngineOptions): Engine & { world(): World } {
  const scope = scopeOf(settings);
  const worldStore = new WorldStore(scope);
  const over = new AbortController();
  const listeners = new Set<(update: Update) => void>();
  const watchers: ((world: World) => void)[] = [];
  let waiting: Update | undefined = { scope, now: worldStore.world.now };
  let timer: NodeJS.Timeout | undefined;

  const deliver = () => {
    timer = undefined;
    if (!waiting || listeners.size === 0) return;
    const update = waiting;
    waiting = undefined;
    for (const listener of listeners) listener(update);
  };
  const emit = (update: Update, delay = 0) => {
    waiting = merge(waiting, update);
    timer ??= setTimeout(deliver, delay);
  };

  const settle = () => {
    const { facts, history } = worldStore.changes();
    const { world } = worldStore;
    // What has no news stays absent: merged, it would hide the news before.
    const update: Update = { now: world.now };
    if (facts.size > 0) update.readings = Object.fromEntries([...facts].map((id) => [id, world.readings[id]]));
    if (history) update.history = world.history;
    emit(update);
    for (const watcher of watchers) watcher(world);
  };
  let settling: NodeJS.Timeout | undefined;
  let settledAt = Number.NEGATIVE_INFINITY;
  const settleSoon = () => {
    const rest = batchEvery - (performance.now() - settledAt);
    settling ??= setTimeout(
      () => {
        settling = undefined;
        settledAt = performance.now();
        worldStore.tick(Date.now());
        settle();
      },
      Math.max(burst, rest),
    );
  };

  const running: { source: Source; run: Running }[] = [];
  let awaitedUntil = Number.NEGATIVE_INFINITY;
  const refresh = (fact?: FactId) => {
    awaitedUntil = performance.now() + awaited;
    for (const { source, run } of running) if (!fact || source.facts.includes(fact)) run.refresh();
  };
  const host: EngineContext = {
    settings,
    scope,
    world: () => ({ ...worldStore.world, now: Date.now() }),
    emit,
    learn(surfaceActs) {
      worldStore.learn(surfaceActs);
      emit({ surfaceActs });
      settleSoon();
    },
    onWorld: (listener) => void watchers.push(listener),
    refresh,
    signal: over.signal,
  };
  const parts: EngineModule[] = makers.map((make) => make(host));
  for (const source of sources) {
    const run = source.start((news) => {
      if (over.signal.aborted) return;
      logUpdate(source.id, news, worldStore.world);
      if (worldStore.apply(news) || performance.now() < awaitedUntil) settleSoon();
    }, over.signal);
    running.push({ source, run });
  }
  const clock = setInterval(settleSoon, second);

  return {
    world: () => worldStore.world,
    subscribe(listener) {
      listeners.add(listener);
      if (waiting) timer ??= setTimeout(deliver, 0);
      return () => void listeners.delete(listener);
    },
    send(command) {
      debugLog.info('command', describeCommand(command));
      if (command.kind === 'refresh') refresh(command.fact);
      for (const part of parts) part.handle?.(command);
    },
    async stop() {
      clearInterval(clock);
      clearTimeout(settling);
      over.abort();
      await Promise.allSettled([...running.map(({ run }) => run.ended), ...parts.map((part) => part.stop?.())]);
      clearTimeout(timer);
      timer = undefined;
      deliver();
    },
  };
}
