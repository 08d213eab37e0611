// Lines that another account signed, as they were received: one file for each run of the cockpit that received some. They
// are checked before they are kept, and again by whoever reads the file.
import path from 'node:path';
import type { JournalTrouble } from '../../core/incident/context.ts';
import { type Entry, identityOf } from '../../core/incident/event.ts';
import type { Instant } from '../../core/time.ts';
import { privateDirectory } from '../../disk/private-files.ts';
import { isAuthentic, type Line, readLine } from './line.ts';
import { LineFile } from './line-file.ts';
import { implausible } from './plausible.ts';
import { safeEntry } from './sanitize-entry.ts';

/** Below the journal's directory. */
export const receivedFolder = 'received';

/** Characters of a line that another account may send; ours have a few hundred, a plan of many calls a few thousand. */
export const longestReceived = 256 * 1024;

/** Why a received line is not kept. `taken`: its writer has sent another line with this id. `unwanted`: its receiver said so. */
export type NotKept =
  | 'not-an-entry'
  | 'too-long'
  | 'not-signed'
  | 'wrong-signature'
  | 'implausible'
  | 'taken'
  | 'unwanted';

/** What became of a received line. `known`: it was there already. */
export type Receipt =
  | { outcome: 'new' | 'known'; entry: Entry; hash: string; part?: Line['part'] }
  | { outcome: 'refused'; why: NotKept; says?: string };

type Checks = { known: ReadonlyMap<string, string>; takes(entry: Entry): boolean };

export class Received {
  readonly #file: LineFile;

  /** `prepare` makes and checks the journal's directory; it throws what is wrong there. */
  constructor(directory: string, session: string, prepare: () => Promise<void>) {
    const folder = path.join(directory, receivedFolder);
    this.#file = new LineFile(path.join(folder, `${session}.jsonl`), async () => {
      await prepare();
      privateDirectory(folder, receivedFolder);
    });
  }

  get path(): string {
    return this.#file.path;
  }

  /**
   * Checks a line: its form, its signature and its time. `known`: the hash of each line that is there, by what tells
   * entries apart. `takes`: whether a new one is wanted.
   */
  check(text: string, now: Instant, { known, takes }: Checks): Receipt {
    if (text.length > longestReceived) return { outcome: 'refused', why: 'too-long' };
    const line = text.includes('\n') ? undefined : readLine(text);
    if (!line) return { outcome: 'refused', why: 'not-an-entry' };
    if (!line.signed) return { outcome: 'refused', why: 'not-signed' };
    if (!isAuthentic(line)) return { outcome: 'refused', why: 'wrong-signature' };
    const says = implausible(line.entry, now);
    if (says) return { outcome: 'refused', why: 'implausible', says };
    const { hash, part } = line;
    const entry = safeEntry(line.entry);
    const there = known.get(identityOf(entry));
    if (there !== undefined && there !== hash) return { outcome: 'refused', why: 'taken' };
    if (there === undefined && !takes(entry)) return { outcome: 'refused', why: 'unwanted' };
    return { outcome: there === undefined ? 'new' : 'known', entry, hash, part };
  }

  /** Lines that are not on the disk yet. */
  get unwritten(): number {
    return this.#file.unwritten;
  }

  /** Keeps a line that was checked, as it is. It is on the disk when `flush` says so. */
  add(text: string): void {
    this.#file.add(text);
  }

  flush(): Promise<JournalTrouble | undefined> {
    return this.#file.flush();
  }

  close(): Promise<void> {
    return this.#file.close();
  }
}
