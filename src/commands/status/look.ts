// Polls each source once, concurrently, at most until the deadline.
import { looksOnce } from '../../build.ts';
import { scopeOf } from '../../config/scope.ts';
import type { Settings } from '../../config/settings.ts';
import type { ReadonlyList } from '../../core/growing.ts';
import { firstPace } from '../../core/health/busiest.ts';
import { comparedFacts } from '../../core/health/fix-first.ts';
import type { JournalLook } from '../../core/health/report.ts';
import type { Entry } from '../../core/incident/event.ts';
import { openReports } from '../../core/incident/open.ts';
import { surfaceActs } from '../../core/incident/surface-record.ts';
import { type Ms, minute, second } from '../../core/time.ts';
import { type FactId, factIds } from '../../core/world/facts.ts';
import type { World } from '../../core/world/world.ts';
import { pause, type Running, type Source, type SourceUpdate } from '../../data/source.ts';
import { logUpdate } from '../../engine/log-events.ts';
import { familiesFor, type InPlace } from '../../engine/sources.ts';
import { WorldStore } from '../../engine/world-store.ts';
import { withoutTurboFan } from './without-turbofan.ts';

/** The time for connections to close, if any is left. */
const farewell: Ms = 400;
/** The time for printing, and for closing connections after a poll that used all its time. */
const closing: Ms = 150;
/** The longest that the code of the next source waits for the first request of this one. */
const headStart: Ms = 25;
/** After a slow start the backends still get at least this part of the time. */
const leastPart = 0.3;

/** Enough for every working backend. */
const longLook: Ms = 15 * second;

/** The hint for a backend that timed out. A long timeout is not advised again. */
export const lateHint = (given: Ms): string =>
  given < longLook
    ? `allow more time: --timeout ${longLook / second}`
    : 'it is slow, frozen or behind a firewall: try it by hand';

/** From the first answer to the second one that is compared with it; a moment more, so that it is made. */
const comparable: Ms = firstPace + second / 10;

export type Look = {
  world: World;
  /** Absent: none is configured, or none was asked for. */
  journal?: JournalLook | undefined;
  /** Closes every connection, as long as time is left. */
  end(): Promise<'ended' | 'late'>;
};

/** Since the start of the launcher, which may have started another Node first. */
function sinceStart(): Ms {
  const own = performance.now();
  const begun: unknown = Reflect.get(globalThis, Symbol.for('BENTHAM_COCKPIT_BEGUN'));
  const before = typeof begun === 'number' ? performance.timeOrigin - begun : 0;
  // A larger value means that the clock was set.
  return before > 0 && before < minute ? own + before : own;
}

/**
 * Resolves when every source has told a value or a fault, and a second one where an advice compares the two; at the
 * latest `timeout` after the process began: whoever
 * waits does so from then on, and on a busy machine starting alone takes seconds. `passed`: since then. `only`: the
 * facts that are asked for. `kubernetes`: asks Kubernetes in place of this thread.
 */
export async function lookOnce(
  settings: Settings,
  timeout: Ms,
  passed: () => Ms = sinceStart,
  only: readonly FactId[] = factIds,
  kubernetes?: InPlace,
): Promise<Look> {
  const left = () => Math.max(timeout * leastPart, timeout - passed() - closing);
  // Each look ends before the whole does, so that it can say itself what it was waiting for.
  const patient = { ...settings, intervals: { ...settings.intervals, timeout: Math.ceil(left() * 0.8) } };
  const keeper = new WorldStore(scopeOf(settings));
  const over = new AbortController();
  const isWanted = ({ facts }: { facts: readonly FactId[] }) => facts.some((fact) => only.includes(fact));
  const sources: Source[] = [];
  const running: Running[] = [];
  const waiting = new Set<FactId>();
  let answered = () => {};
  let answeredAgain = (_: FactId) => {};
  for (const family of familiesFor(patient, { once: true, kubernetes }).filter(isWanted)) {
    const loaded = (await family.load()).filter(isWanted);
    sources.push(...loaded);
    for (const source of loaded) for (const fact of source.facts) waiting.add(fact);
    const started = loaded.map((source) =>
      source.start((news) => {
        if (over.signal.aborted) return;
        logUpdate(source.id, news, keeper.world);
        keeper.apply(news);
        waiting.delete(news.fact);
        if (waiting.size === 0) answered();
        answeredAgain(news.fact);
      }, over.signal),
    );
    running.push(...started);
    // To load the next takes a while, in which this one's server can answer already.
    const begun = started.flatMap((run) => run.begun ?? []);
    if (begun.length > 0) await Promise.race([Promise.allSettled(begun), pause(headStart, over.signal)]);
    // Those that answered meanwhile are asked the next thing.
    await new Promise((resolve) => setImmediate(resolve));
  }
  // Under another flag Node's own modules load slowly: by now most are there.
  const withTurboFan = looksOnce ? withoutTurboFan() : undefined;
  const recorded = only.includes('surfaces') ? readJournal(settings) : undefined;
  await new Promise<void>((resolve) => {
    const deadline = setTimeout(resolve, left());
    answered = () => {
      clearTimeout(deadline);
      resolve();
    };
    if (waiting.size === 0) answered();
  });
  const compared = new Set(waiting.size === 0 ? comparedFacts(keeper.world) : []);
  if (compared.size > 0 && left() > comparable) {
    await pause(comparable, over.signal);
    await new Promise<void>((resolve) => {
      const deadline = setTimeout(resolve, left());
      answeredAgain = (fact) => {
        compared.delete(fact);
        if (compared.size > 0) return;
        clearTimeout(deadline);
        resolve();
      };
      for (const [at, { facts }] of sources.entries())
        if (facts.some((fact) => compared.has(fact))) running[at]?.refresh();
    });
  }
  const at = Date.now();
  for (const fact of factIds)
    if (waiting.has(fact)) {
      const where = sources.find((source) => source.facts.includes(fact))?.id ?? fact;
      const what = `no answer within ${timeout / second} s`;
      const fault = { kind: 'timeout', where, what, hint: lateHint(timeout) } as const;
      // The union pairs each fact with its value; a fault is the same for all.
      keeper.apply({ fact, at, fault } as SourceUpdate);
    }
  const late: JournalRead = { fault: { what: 'the journal was not read in time', hint: lateHint(timeout) } };
  const read = await Promise.race([
    recorded,
    new Promise<JournalRead>((resolve) => setTimeout(() => resolve(late), left()).unref()),
  ]);
  if (read && 'entries' in read) keeper.learn(surfaceActs(read.entries, keeper.world.scope));
  keeper.tick(at);
  const { world } = keeper;
  // Before the thread is told to end: it keeps its code then.
  withTurboFan?.();
  over.abort();
  return {
    world,
    journal: read && 'entries' in read ? { incidents: openReports(read.entries, at) } : read,
    async end() {
      const patience = Math.min(farewell, Math.max(closing / 2, timeout - passed()));
      const late = new Promise<'late'>((resolve) => setTimeout(() => resolve('late'), patience).unref());
      return Promise.race([Promise.allSettled(running.map(({ ended }) => ended)).then(() => 'ended' as const), late]);
    },
  };
}

type JournalRead = { entries: ReadonlyList<Entry> } | Extract<JournalLook, { fault: unknown }>;

/** The journal's entries, or why they cannot be read; undefined where none is configured. */
async function readJournal(settings: Settings): Promise<JournalRead | undefined> {
  const { directory, group } = settings.journal;
  if (!directory) return undefined;
  const { recentEntries } = await import('../../data/journal/recent.ts');
  return recentEntries({ directory, group: group || undefined }, scopeOf(settings).environment);
}
