// What the cockpits of one user on one host know of one fact of one target: who asks it, and the last answer. A file
// beside the journal's presence. Its first line tells of the answer, the second is the answer.
import { lstat, readdir, rm } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import * as z from 'zod';
import { day, type Instant } from '../../core/time.ts';
import { isPrivateDirectory, privateDirectory } from '../../disk/private-files.ts';
import { type Changed, SharedNote } from '../../disk/shared-note.ts';
import { inspect } from '../journal/directory.ts';
import { safe } from '../journal/sanitize-entry.ts';
import type { Result } from '../source.ts';
import { amount, fault, instant } from './schemas.ts';

/** Bytes; an answer has some thousand. Longer ones are not shared. */
const longest = 1024 * 1024;
/** How the files' names begin. */
const prefix = 'look-';

const short = z.string().max(100);
const process = z.object({ by: short, pid: z.number().int().positive(), born: short });

const header = z.object({
  /** Who asks. `since`: when it began to. */
  asker: process.extend({ since: instant }).optional(),
  /** When the answer was asked for, when it came, when its asker asks next, and who asked if another host did. */
  answer: process
    .extend({ asked: instant, at: instant, next: instant, aside: amount.optional(), elsewhere: short.optional() })
    .optional(),
});

/** Who takes part: a cockpit's source, in a process. */
export type Participant = z.infer<typeof process>;
export type Known = z.infer<typeof header>;
export type KnownAnswer = NonNullable<Known['answer']>;

/** What is known, and the answer as it is written. */
type Note = { known: Known; answer: string };

export class LookFile<T> {
  readonly #journal: string;
  readonly #directory: string;
  readonly #note: SharedNote;
  readonly #writes: boolean;
  readonly #result: z.ZodType<Result<T>>;
  #swept = false;

  /** `name`: of the fact and its target, in letters and digits. An observer does not write. */
  constructor(journal: string, { name, value, writes }: { name: string; value: z.ZodType<T>; writes: boolean }) {
    this.#journal = resolve(journal);
    this.#directory = join(this.#journal, 'here');
    this.#note = new SharedNote(join(this.#directory, `${prefix}${name}`), longest);
    this.#writes = writes;
    this.#result = z.union([
      z.strictObject({ ok: z.literal(true), value }),
      z.strictObject({ ok: z.literal(false), fault }),
    ]);
  }

  /** Undefined: missing, or not trusted. */
  read(): Note | undefined {
    return this.#isOurs() ? parse(this.#note.read()) : undefined;
  }

  /** The answer of a note; undefined if it is none. */
  resultOf({ answer }: Note): Result<T> | undefined {
    const read = this.#result.safeParse(parsed(answer));
    return read.success ? safe(read.data) : undefined;
  }

  /** Changes what is known, one cockpit at a time. `edit` gives undefined where it stays as it is. */
  async change(edit: (known: Known) => { known: Known; result?: Result<T> } | undefined): Promise<Changed> {
    if (!this.#writes || inspect({ directory: this.#journal })) return 'impossible';
    try {
      privateDirectory(this.#directory);
    } catch {
      return 'impossible';
    }
    await this.#sweep();
    return this.#note.change((text) => {
      const note = parse(text);
      const next = edit(note?.known ?? {});
      if (!next) return undefined;
      const answer = next.result ? JSON.stringify(next.result) : (note?.answer ?? '');
      const written = `${JSON.stringify(next.known)}\n${answer}`;
      // Nobody would read it.
      return Buffer.byteLength(written) > longest ? JSON.stringify({ asker: next.known.asker }) : written;
    });
  }

  #isOurs(): boolean {
    return !inspect({ directory: this.#journal }) && isPrivateDirectory(this.#directory);
  }

  /** Removes the files of targets that nobody asked for a day. */
  async #sweep(): Promise<void> {
    if (this.#swept) return;
    this.#swept = true;
    for (const name of await readdir(this.#directory).catch(() => [])) {
      if (!name.startsWith(prefix)) continue;
      const path = join(this.#directory, name);
      const found = await lstat(path).catch(() => undefined);
      if (found?.isFile() && Date.now() - found.mtimeMs > day) await rm(path, { force: true }).catch(() => undefined);
    }
  }
}

function parse(text: string | undefined): Note | undefined {
  if (text === undefined) return undefined;
  const end = text.indexOf('\n');
  const read = header.safeParse(parsed(end < 0 ? text : text.slice(0, end)));
  return read.success ? { known: read.data, answer: end < 0 ? '' : text.slice(end + 1) } : undefined;
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

/** Whether an instant that another process wrote is not ahead; clocks of one host move, too. */
export const isPast = (at: Instant, now: Instant): boolean => at <= now + 1000;
