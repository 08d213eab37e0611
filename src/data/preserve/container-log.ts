// The log of one container into its part of an archive: line by line, each with the kubelet's time, and after a stop from
// the last line on.
import type { Readable } from 'node:stream';
import { setImmediate as turn } from 'node:timers/promises';
import { redactedLine } from '../../core/preserve/redacted.ts';
import { type Ms, second } from '../../core/time.ts';
import type { Answered } from '../kubernetes/api-error.ts';
import type { Cluster } from '../kubernetes/client.ts';
import { Seen, stampOf } from '../kubernetes/logs/log-cursor.ts';
import { logFault, previousIsGone } from '../kubernetes/logs/log-fault.ts';
import { networkFault } from '../network.ts';
import { backoff, pause } from '../source.ts';
import { type Collecting, fullReason } from './collecting.ts';
import type { Cursor, PartFile } from './part-file.ts';

export type LogOf = {
  namespace: string;
  pod: string;
  container: string;
  previous: boolean;
  since?: number | undefined;
};

export type Saved = { end: 'whole' } | { end: 'partial' | 'none'; why: string };

/** Until the kubelet begins to answer. */
const openWithin: Ms = 15 * second;
/** A log that is not followed ends, or goes on sending. */
const silentFor: Ms = 60 * second;
/** After so many failures in a row the rest of it is given up. */
const mostFailures = 4;

/** Reads it to its end, a failure or the limits. A stop leaves what is there. */
export async function saveLog(cluster: Cluster, log: LogOf, part: PartFile, collecting: Collecting): Promise<Saved> {
  const taker = new LineTaker(part, collecting);
  for (let failures = 0; ; ) {
    if (collecting.ending) return { end: 'partial', why: collecting.ending };
    const idle = new AbortController();
    const timer = setTimeout(() => idle.abort(), silentFor + openWithin);
    const answer = await opened(cluster, log, part.state.cursor, AbortSignal.any([collecting.over, idle.signal]));
    try {
      if (!answer.ok) {
        const { status } = answer;
        if (log.previous && previousIsGone(answer)) return { end: 'none', why: 'the kubelet keeps no log of it' };
        const { what } = logFault(answer);
        // What the server refuses is refused again.
        if (status !== undefined && status < 500 && status !== 429) return given(part, what);
        failures += 1;
        if (failures >= mostFailures) return given(part, what);
      } else {
        taker.begin();
        let before = part.state.bytes;
        for await (const chunk of answer.value as AsyncIterable<Buffer>) {
          timer.refresh();
          if (!(await taker.take(chunk))) return { end: 'partial', why: fullReason };
          if (part.state.bytes > before) failures = 0;
          before = part.state.bytes;
          // Redacting takes its time: what else this thread has to do comes in between.
          await turn();
        }
        if (!(await taker.end())) return { end: 'partial', why: fullReason };
        return taker.cut ? { end: 'partial', why: cutReason } : { end: 'whole' };
      }
    } catch (error) {
      if (collecting.ending) return { end: 'partial', why: collecting.ending };
      const what = idle.signal.aborted ? `silent for ${silentFor / second} s` : networkFault(error, cluster.where).what;
      failures += 1;
      if (failures >= mostFailures) return given(part, what);
    } finally {
      clearTimeout(timer);
      if (answer.ok) answer.value.destroy();
    }
    await pause(backoff(failures, second), collecting.over);
  }
}

const given = (part: PartFile, why: string): Saved => ({ end: part.state.bytes > 0 ? 'partial' : 'none', why });

function opened(cluster: Cluster, log: LogOf, { stamp }: Cursor, signal: AbortSignal): Promise<Answered<Readable>> {
  const { namespace, pod, container, previous, since } = log;
  const from = stamp === undefined ? since : Date.parse(stamp);
  return cluster.stream({
    path: `/api/v1/namespaces/${encodeURIComponent(namespace)}/pods/${encodeURIComponent(pod)}/log`,
    query: {
      container,
      previous: previous || undefined,
      timestamps: true,
      // The API takes whole seconds: lines that are there already are left out by their time.
      sinceTime: from === undefined ? undefined : `${new Date(from).toISOString().slice(0, 19)}Z`,
    },
    signal,
    timeout: openWithin,
    to: `get pods/log in ${namespace}`,
  });
}

/** A line that is longer is cut where secrets are redacted; half a line cannot be searched for them. */
const longestLine = 1024 * 1024;
const cutReason = 'lines of more than 1 MiB are cut';

/** Bytes become whole lines; lines that are there already are left out, the others redacted where that was asked for. */
class LineTaker {
  readonly #part: PartFile;
  readonly #collecting: Collecting;
  readonly #seen = new Seen();
  readonly #encoding: 'utf8' | 'latin1';
  readonly #redacted: ((line: string) => string) | undefined;
  #cursor: Cursor;
  #rest: Buffer[] = [];
  #restBytes = 0;
  /** Within a line that is longer than is held: what becomes of its rest. */
  #inside: 'written' | 'dropped' | undefined;

  constructor(part: PartFile, collecting: Collecting) {
    this.#part = part;
    this.#collecting = collecting;
    // One byte is one character there, whatever it means: nothing of it changes.
    this.#encoding = collecting.content === 'whole' ? 'latin1' : 'utf8';
    this.#redacted = collecting.content === 'whole' ? undefined : redactedLine();
    this.#cursor = part.state.cursor;
    const { stamp, same } = this.#cursor;
    const last = stamp === undefined ? undefined : stampOf(stamp);
    if (last) for (let at = 0; at < same; at += 1) this.#seen.isNew(last);
  }

  /** Whether lines were cut. */
  get cut(): boolean {
    return this.#cursor.cut === true;
  }

  /** A stream begins, or begins again. */
  begin(): void {
    // The line counts as seen: its rest does not come again.
    if (this.#inside === 'written') this.#cursor = { ...this.#cursor, cut: true };
    this.#seen.resume();
    this.#rest = [];
    this.#restBytes = 0;
    this.#inside = undefined;
  }

  /** False: no more is allowed. */
  async take(chunk: Buffer): Promise<boolean> {
    const end = chunk.lastIndexOf(10);
    if (end < 0) return this.#keep(chunk);
    const region = Buffer.concat([...this.#rest, chunk.subarray(0, end)]);
    this.#rest = [];
    this.#restBytes = 0;
    const lines = region.toString(this.#encoding).split('\n');
    const rest = this.#inside && lines.shift();
    if (this.#inside === 'written' && !(await this.#write(`${rest}\n`))) return false;
    this.#inside = undefined;
    return (await this.#write(this.#kept(lines))) && this.#keep(chunk.subarray(end + 1));
  }

  /** The last line may have no end. */
  async end(): Promise<boolean> {
    if (this.#inside === 'written') return this.#write('\n');
    if (this.#restBytes === 0) return true;
    return this.#write(this.#kept([Buffer.concat(this.#rest).toString(this.#encoding)]));
  }

  async #keep(rest: Buffer): Promise<boolean> {
    if (rest.length === 0 || this.#inside === 'dropped') return true;
    if (this.#inside === 'written') return this.#write(rest.toString(this.#encoding));
    this.#rest.push(Buffer.from(rest));
    this.#restBytes += rest.length;
    if (this.#restBytes <= longestLine) return true;
    const line = Buffer.concat(this.#rest).toString(this.#encoding);
    this.#rest = [];
    this.#restBytes = 0;
    if (!this.#redacted) {
      const begun = this.#kept([line]).slice(0, -1);
      this.#inside = begun === '' ? 'dropped' : 'written';
      return this.#write(begun);
    }
    this.#inside = 'dropped';
    const shown = this.#kept([`${line.slice(0, Math.max(0, line.lastIndexOf(' ', 64 * 1024)))} … [cut]`]);
    if (shown !== '') this.#cursor = { ...this.#cursor, cut: true };
    return this.#write(shown);
  }

  /** Those that are not there already, each with its end. */
  #kept(lines: readonly string[]): string {
    let kept = '';
    for (const line of lines) {
      const stamp = stampOf(line);
      if (stamp) {
        if (!this.#seen.isNew(stamp)) continue;
        const same = this.#cursor.stamp === stamp.text ? this.#cursor.same + 1 : 1;
        this.#cursor = { ...this.#cursor, stamp: stamp.text, same };
      }
      const head = stamp ? `${stamp.text} ` : '';
      kept += `${this.#redacted ? head + this.#redacted(line.slice(head.length)) : line}\n`;
    }
    return kept;
  }

  async #write(text: string): Promise<boolean> {
    if (text === '') return true;
    const bytes = Buffer.from(text, this.#encoding);
    if (!this.#collecting.takes(bytes.length)) return false;
    await this.#part.write(bytes, this.#cursor);
    return true;
  }
}
