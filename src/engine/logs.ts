// Collects the log on the screen, and sends the visible window a few times a second.
import { join } from 'node:path';
import { setImmediate } from 'node:timers/promises';
import { setFlagsFromString } from 'node:v8';
import { parseFilter } from '../core/logs/log-filter.ts';
import { entryText } from '../core/logs/log-text.ts';
import {
  collectsSame,
  type LogsSaved,
  type LogsShown,
  type LogsView,
  mostFollowed,
  mostShown,
} from '../core/logs/log-view.ts';
import { sanitize } from '../core/text/text.ts';
import { type Ms, second } from '../core/time.ts';
import { Connection } from '../data/kubernetes/connection.ts';
import { LogBuffer } from '../data/kubernetes/logs/log-buffer.ts';
import { followLogs } from '../data/kubernetes/logs/logs.ts';
import type { LogsState } from '../data/kubernetes/logs/logs-request.ts';
import { writeNew } from '../disk/new-file.ts';
import type { CreateModule, EngineContext } from './module.ts';
import { rests } from './rests.ts';

const tellEvery: Ms = 250;
const longestSlice: Ms = 20;

/** For each part of work as much rest: half of the thread's time is for reading, a quarter while a person looks. */
const restFollowing = 1;
const restPaused = 3;

/**
 * Millions of short-lived lines: V8 would let the heaps of both threads grow to two or three times what is in use before
 * it collects. Measured at full speed: 215 instead of 308 MB, for a fifth more CPU time.
 */
const percentWhileCollecting = 60;

/** 0: as V8 decides. */
const growHeapBy = (percent: number) => setFlagsFromString(`--heap-growing-percent=${percent}`);

const noStreams = { followed: 0, expected: 0, leftOut: 0, unstarted: [] };

export const logsModule: CreateModule = (context) => {
  let collecting: Collecting | undefined;
  const ending = new Set<Promise<void>>();
  const leave = () => {
    const ended = collecting?.stop();
    collecting = undefined;
    if (!ended) return;
    ending.add(ended);
    void ended.finally(() => ending.delete(ended));
  };
  return {
    handle(command) {
      if (command.kind === 'logs') {
        if (collecting && command.view && collectsSame(collecting.view, command.view)) collecting.show(command.view);
        else {
          leave();
          if (command.view) collecting = new Collecting(context, command.view);
          else context.emit({ logs: undefined });
        }
      } else if (command.kind === 'logs-save') void collecting?.save(process.cwd());
    },
    async stop() {
      leave();
      await Promise.allSettled(ending);
    },
  };
};

/** Holds for so long. */
function forSome(time: Ms): () => boolean {
  const end = performance.now() + time;
  return () => performance.now() < end;
}

class Collecting {
  view: LogsView;
  readonly #context: EngineContext;
  readonly #book: LogBuffer;
  readonly #over = new AbortController();
  readonly #ended: Promise<void>;
  readonly #clock: NodeJS.Timeout;
  #state: LogsState = noStreams;
  #saved: LogsSaved | undefined;
  #saving: Promise<void> | undefined;
  #filtering: Promise<void> | undefined;
  #dirty = true;
  #counted = { at: performance.now(), lines: 0, pace: 0 };

  constructor(context: EngineContext, view: LogsView) {
    this.#context = context;
    this.view = view;
    this.#book = new LogBuffer(context.settings.logFields);
    this.#filter();
    growHeapBy(percentWhileCollecting);
    this.#book.pause(view.paused);
    const { workload, pod, previous } = view;
    const since = view.from ?? Date.now() - view.since;
    const signal = AbortSignal.any([context.signal, this.#over.signal]);
    const hasTime = rests(signal, () => (this.view.paused ? restPaused : restFollowing));
    this.#ended = followLogs(
      new Connection(context.settings, { shared: true }),
      { workload, previous, since, follow: true, pod },
      {
        lines: (lines) => {
          this.#book.add(lines);
          this.#dirty = true;
        },
        state: (state) => {
          this.#state = state;
          this.#dirty = true;
        },
        // What is being saved or filtered is not dropped meanwhile.
        ready: () => this.#saving ?? this.#filtering ?? hasTime(),
      },
      signal,
    );
    this.#clock = setInterval(() => this.#tell(), tellEvery);
    this.#tell();
  }

  /** Another filter, a pause, or another place in the same lines. */
  show(view: LogsView): void {
    const before = this.view;
    this.view = view;
    this.#book.pause(view.paused);
    if (view.filter !== before.filter) this.#filter();
    else if (view.paused && view.around !== undefined && view.around !== before.around) this.#book.look(view.around);
    this.#dirty = true;
    this.#tell();
  }

  /** Writes every kept line that passes the filter. */
  async save(directory: string): Promise<void> {
    this.#saving ??= this.#save(directory);
    await this.#saving;
    this.#saving = undefined;
    this.#dirty = true;
    if (!this.#over.signal.aborted) this.#tell();
  }

  async #save(directory: string): Promise<void> {
    await this.#filtering;
    const stamp = new Date().toISOString().slice(0, 19).replaceAll(':', '');
    const file = join(directory, `bentham-logs-${stamp}Z.log`);
    const book = this.#book;
    let lines = 0;
    const parts = {
      *[Symbol.iterator]() {
        let part = '';
        lines = 0;
        for (const entry of book.all()) {
          part += `${entryText(entry, 'utc')}\n`;
          lines += 1;
          if (part.length <= 1 << 20) continue;
          yield part;
          part = '';
        }
        yield part;
      },
    };
    const written = await writeNew(file, parts);
    this.#saved = 'path' in written ? { file: written.path, lines } : { problem: sanitize(written.problem, 200) };
  }

  stop(): Promise<void> {
    clearInterval(this.#clock);
    growHeapBy(0);
    this.#over.abort();
    return this.#ended;
  }

  #filter(): void {
    this.#book.begin(parseFilter(this.view.filter));
    // The filter was changed again, letter by letter: the next slice begins anew.
    if (this.#filtering) return;
    if (this.#book.scan(forSome(longestSlice))) this.#showFiltered();
    else this.#filtering = this.#scanOn();
  }

  /** In slices: a hundred thousand lines must delay neither alerts nor the next letter. */
  async #scanOn(): Promise<void> {
    const { signal } = this.#over;
    do await setImmediate();
    while (!signal.aborted && !this.#book.scan(forSome(longestSlice)));
    this.#filtering = undefined;
    if (signal.aborted) return;
    this.#showFiltered();
    this.#dirty = true;
    this.#tell();
  }

  #showFiltered(): void {
    const { paused, around } = this.view;
    this.#book.show(paused ? around : undefined);
  }

  #tell(): void {
    this.#count();
    if (!this.#dirty || !this.#book.isWhole) return;
    const isFlooded = !this.view.paused && this.#book.waiting > mostFollowed;
    // The next one has the lines before these, if it is calmer then.
    this.#dirty = isFlooded;
    const { fault, ...streams } = this.#state;
    // First: in follow mode it moves the window that the others describe.
    const entries = this.#book.entries(isFlooded ? mostFollowed : mostShown);
    const { collected, passed, forgotten, waiting, generation, position } = this.#book;
    const shown: LogsShown = {
      view: this.view,
      generation,
      entries,
      position,
      collected,
      passed,
      pace: this.#counted.pace,
      forgotten,
      waiting,
      streams,
      fault,
      problems: this.#book.problems,
      saved: this.#saved,
      at: Date.now(),
    };
    this.#context.emit({ logs: shown });
  }

  /** Lines a second, measured over two seconds. */
  #count(): void {
    const now = performance.now();
    const span = now - this.#counted.at;
    if (span < 2 * second) return;
    const pace = Math.round(((this.#book.collected - this.#counted.lines) / span) * second);
    if (pace !== this.#counted.pace) this.#dirty = true;
    this.#counted = { at: now, lines: this.#book.collected, pace };
  }
}
