// The debug log: JSON lines of what the program does, for finding bugs. It never holds what a person typed
// and no secrets, never waits for a disk, and costs one comparison where it is off.
import { constants, fstatSync, openSync, writeSync } from 'node:fs';
import { type FileHandle, lstat, rename } from 'node:fs/promises';
import { sanitize } from '../core/text/text.ts';
import type { Ms } from '../core/time.ts';
import { type LogLevel, logLevels } from './log-level.ts';
import { Distrusted, distrust, openPrivate } from './private-files.ts';

/** Who writes: the screen's thread, the engine's, or a command without a screen. */
export type LogThread = 'main' | 'engine' | 'command';

/** Structured parts of an event: plain values, nested a little. An error is written with its stack. */
export type LogFields = { readonly [name: string]: unknown };

export type DebugLogOptions = {
  file: string;
  level: LogLevel;
  thread: LogThread;
  /** Bytes of one file. Then it becomes FILE.1, and a new one begins. */
  longest?: number;
};

const megabyte = 1024 * 1024;
const longestFile = 50 * megabyte;
/** Lines wait together for so long, so that a burst is one write. */
const gather: Ms = 50;
/** What waits for a disk that is full or hangs. The oldest of it goes first. */
const mostWaiting = 2000;
/** A write that hangs for so long is not waited for at the end. */
const patience: Ms = 1000;

const { O_APPEND, O_CREAT, O_WRONLY, O_NOFOLLOW = 0, O_NONBLOCK = 0 } = constants;
const flags = O_WRONLY | O_APPEND | O_CREAT;

/** One thread's end of the log. Several threads and programs may append to one file: a write is whole lines. */
export class DebugLog {
  #options: DebugLogOptions | undefined;
  #handle: FileHandle | undefined;
  #rank = -1;
  #waiting: string[] = [];
  #dropped = 0;
  /** A full disk took half of a line. */
  #torn = false;
  #ended = false;
  #timer: NodeJS.Timeout | undefined;
  #writing: { since: number; done: Promise<void> } | undefined;

  /** The file, while there is one. */
  get file(): string | undefined {
    return this.#options?.file;
  }

  /** Opens the file. Returns why it cannot be written, as words after its name: the program continues without a log. */
  async open(options: DebugLogOptions): Promise<string | undefined> {
    try {
      this.#handle = (await openPrivate(options.file, flags)).handle;
      this.#options = options;
      this.#rank = logLevels.indexOf(options.level);
      process.once('exit', this.end);
      return undefined;
    } catch (error) {
      if (error instanceof Distrusted) return `${error.message}: ${error.hint}`;
      const code = error instanceof Error && 'code' in error ? String(error.code) : '';
      return `cannot be opened (${code || sanitize(error, 200)})`;
    }
  }

  /** The screen is opened, and the engine gets a thread of its own. */
  becomeMain(): void {
    if (this.#options) this.#options = { ...this.#options, thread: 'main' };
  }

  /** Whether an event of this level is written. */
  writes(level: LogLevel): boolean {
    return this.#rank >= logLevels.indexOf(level);
  }

  /** Takes an event; it is on the disk a moment later. */
  write(level: LogLevel, event: string, fields: LogFields = {}): void {
    if (this.#rank < 0 || !this.writes(level) || !this.#options) return;
    const { thread } = this.#options;
    const line = { at: new Date().toISOString(), level, pid: process.pid, thread, event, ...safeFields(fields) };
    this.#waiting.push(`${JSON.stringify(line)}\n`);
    if (this.#waiting.length > mostWaiting) this.#dropped += this.#waiting.splice(0, mostWaiting / 2).length;
    this.#timer ??= setTimeout(() => void this.#flush(), gather).unref();
  }

  error = (event: string, fields?: LogFields) => this.write('error', event, fields);
  warn = (event: string, fields?: LogFields) => this.write('warn', event, fields);
  info = (event: string, fields?: LogFields) => this.write('info', event, fields);
  debug = (event: string, fields?: LogFields) => this.write('debug', event, fields);

  /** The process or thread ends with this code: said once, and written at once. */
  end = (code: number): void => {
    if (!this.#ended) this.info('exit', { code });
    this.#ended = true;
    this.#flushNow();
  };

  /** Not where the disk hangs. */
  #flushNow(): void {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    const options = this.#options;
    if (!options || this.#waiting.length === 0) return;
    if (this.#writing && performance.now() - this.#writing.since > patience) return;
    try {
      // A handle of its own: the other one belongs to the threads that write.
      const file = openSync(options.file, flags | O_NOFOLLOW | O_NONBLOCK, 0o600);
      if (!distrust(fstatSync(file), options.file, { kind: 'file', closed: 0o022 })) writeSync(file, this.#take());
    } catch {
      // A log that cannot be written stops nothing.
    }
  }

  /** Resolves when everything so far is written, or cannot be. */
  async settle(): Promise<void> {
    await this.#writing?.done;
    await this.#flush();
  }

  async close(): Promise<void> {
    await this.settle();
    this.#rank = -1;
    this.#options = undefined;
    process.removeListener('exit', this.end);
    await this.#handle?.close().catch(() => undefined);
    this.#handle = undefined;
  }

  async #flush(): Promise<void> {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    if (this.#writing || this.#waiting.length === 0) return this.#writing?.done;
    const done = this.#append();
    this.#writing = { since: performance.now(), done };
    await done;
    this.#writing = undefined;
    if (this.#waiting.length > 0) this.#timer ??= setTimeout(() => void this.#flush(), gather).unref();
  }

  async #append(): Promise<void> {
    let text = '';
    try {
      await this.#current();
      if (!this.#handle) return;
      text = this.#take();
      const bytes = Buffer.from(text);
      const { bytesWritten } = await this.#handle.write(bytes);
      this.#torn = bytesWritten < bytes.length;
      text = bytes.subarray(bytesWritten).toString();
    } catch {
      // Full, or gone.
    }
    // What was lost is said with the next line that gets through.
    this.#dropped += text.split('\n').length - 1;
  }

  /** What waits as one text, with a line about what had to be dropped. */
  #take(): string {
    const lines = this.#waiting;
    this.#waiting = [];
    const dropped = this.#dropped;
    this.#dropped = 0;
    const start = this.#torn ? '\n' : '';
    if (dropped === 0) return `${start}${lines.join('')}`;
    const thread = this.#options?.thread;
    const said = {
      at: new Date().toISOString(),
      level: 'warn',
      pid: process.pid,
      thread,
      event: 'log.dropped',
      lines: dropped,
    };
    return `${start}${JSON.stringify(said)}\n${lines.join('')}`;
  }

  /** Follows the file when another thread or program began a new one, and begins one when this one is full. */
  async #current(): Promise<void> {
    const options = this.#options;
    if (!options) return;
    const there = await lstat(options.file).catch(() => undefined);
    const held = await this.#handle?.stat();
    const same = there !== undefined && held !== undefined && there.ino === held.ino && there.dev === held.dev;
    // Of the two threads of a cockpit one alone begins a new file.
    const full = same && options.thread !== 'main' && there.size >= (options.longest ?? longestFile);
    if (same && !full) return;
    if (full) await rename(options.file, `${options.file}.1`);
    await this.#handle?.close();
    this.#handle = undefined;
    this.#handle = (await openPrivate(options.file, flags)).handle;
  }
}

/** The log of this thread. Off until a command opens it. */
export const debugLog = new DebugLog();

const deepest = 4;
const mostParts = 100;

/** Every text without controls and secrets, and nothing without end. */
function safe(value: unknown, depth: number): unknown {
  if (typeof value === 'string') return sanitize(value);
  if (typeof value === 'number' || typeof value === 'boolean' || value === null || value === undefined) return value;
  if (value instanceof Error)
    return { ...safeFields({ code: 'code' in value ? value.code : undefined }), stack: stackOf(value) };
  if (typeof value !== 'object' || depth > deepest) return sanitize(String(value), 200);
  if (Array.isArray(value)) return value.slice(0, mostParts).map((each) => safe(each, depth + 1));
  const entries = Object.entries(value).slice(0, mostParts);
  return Object.fromEntries(entries.map(([name, each]) => [sanitize(name, 100), safe(each, depth + 1)]));
}

/** Fields as they may be written and packed. */
export function safeFields(fields: LogFields): LogFields {
  return Object.fromEntries(Object.entries(fields).map(([name, value]) => [sanitize(name, 100), safe(value, 0)]));
}

/** A stack line by line; the message first. */
function stackOf(error: Error): string[] {
  const lines = (error.stack ?? `${error.name}: ${error.message}`).split('\n', 40);
  return lines.map((line) => sanitize(line.trim(), 500));
}
