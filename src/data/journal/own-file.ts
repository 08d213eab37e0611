// The one file that this run of the cockpit writes: each line linked to the one before it, and signed.
import { join } from 'node:path';
import type { JournalTrouble } from '../../core/incident/context.ts';
import type { Entry, Writer } from '../../core/incident/event.ts';
import { isLasting } from './lasting.ts';
import { beginning, type Link, type Seen, writeLine } from './line.ts';
import { LineFile } from './line-file.ts';
import type { Signer } from './signature.ts';

/** `01J…-ops1@bastion.jsonl` */
export function fileName({ session, user, host }: Writer): string {
  const safe = (text: string) => text.replace(/[^A-Za-z0-9._-]+/g, '_').slice(0, 60) || 'unknown';
  return `${session}-${safe(user)}@${safe(host)}.jsonl`;
}

/**
 * A line of this run, for others. `text` is all that is needed to check it. `isLasting`: who joins needs it, however long
 * the incident is.
 */
export type SignedLine = { id: string; incident?: string; text: string; isLasting: boolean };

export class OwnFile {
  readonly #file: LineFile;
  #prev = beginning;
  /** The last line about each incident. */
  readonly #parts = new Map<string, Link>();
  #waiting: SignedLine[] = [];

  /** `prepare` makes and checks the directory; it throws what is wrong there. */
  constructor(directory: string, writer: Writer, prepare: () => Promise<void>) {
    this.#file = new LineFile(join(directory, fileName(writer)), prepare);
  }

  get path(): string {
    return this.#file.path;
  }

  /** Lines made so far, and the hash of the last. */
  get head(): readonly [lines: number, hash: string] {
    return [this.#file.count, this.#prev];
  }

  /** How many lines are not on the disk yet. */
  get unwritten(): number {
    return this.#file.unwritten;
  }

  takeRestored(): string | undefined {
    return this.#file.takeRestored();
  }

  /** Signs a line and adds it; returns its hash. It is on the disk when `flush` says so. */
  add(entry: Entry, seen: Seen, signer: Signer): string {
    const before = entry.incident === undefined ? undefined : (this.#parts.get(entry.incident) ?? [0, beginning]);
    const part: Link | undefined = before && [before[0] + 1, before[1]];
    const { text, hash } = writeLine(entry, { seq: this.#file.count + 1, prev: this.#prev, part, seen }, signer);
    this.#file.add(text);
    this.#waiting.push({ id: entry.id, incident: entry.incident, text, isLasting: isLasting(entry) });
    this.#prev = hash;
    if (part && entry.incident !== undefined) this.#parts.set(entry.incident, [part[0], hash]);
    return hash;
  }

  /** Brings every line to the disk; says what is in the way. `written`: gets what is there since the last flush. */
  async flush(written: (lines: readonly SignedLine[]) => void): Promise<JournalTrouble | undefined> {
    const lines = this.#waiting;
    this.#waiting = [];
    const trouble = await this.#file.flush();
    if (trouble) this.#waiting = [...lines, ...this.#waiting];
    else if (lines.length > 0) written(lines);
    return trouble;
  }

  close(): Promise<void> {
    return this.#file.close();
  }
}
