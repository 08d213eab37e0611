// What of an archive is done, line by line, each on the disk before the next step: after a kill the archive continues
// where the last line stands.
import { constants } from 'node:fs';
import type { FileHandle } from 'node:fs/promises';
import * as z from 'zod';
import { openPrivate, readFrom } from '../../disk/private-files.ts';

const begun = z.object({
  kind: z.literal('begun'),
  version: z.literal(1),
  content: z.enum(['redacted', 'whole']),
  /** Milliseconds since 1970. */
  at: z.number(),
  /** Logs from then on. */
  since: z.number().optional(),
  incident: z.string().optional(),
  /** Profile and environment: an archive continues with the same ones only. */
  scope: z.string(),
});

const line = z.discriminatedUnion('kind', [
  begun,
  /** A process works on it from here on. */
  z.object({ kind: z.literal('sitting'), at: z.number() }),
  /** So much of a file waits in its part file; `stamp`, `same`, `cut`: its last line (`Cursor`). */
  z.object({
    kind: z.literal('part'),
    name: z.string(),
    bytes: z.number(),
    packed: z.number(),
    stamp: z.string().optional(),
    same: z.number(),
    cut: z.literal(true).optional(),
  }),
  /** A file is in the archive, which is `end` bytes long with it. */
  z.object({
    kind: z.literal('file'),
    name: z.string(),
    bytes: z.number(),
    sha256: z.string(),
    end: z.number(),
    partial: z.string().optional(),
  }),
]);

export type Begun = z.infer<typeof begun>;
export type ProgressLine = z.infer<typeof line>;

/** Bytes; a line is short, and there are some for each file and one for each few megabytes. */
const longest = 256 * 1024 * 1024;

const { O_RDWR, O_CREAT } = constants;

export class ProgressFile {
  readonly #handle: FileHandle;
  #end: number;
  #turn: Promise<unknown> = Promise.resolve();

  private constructor(handle: FileHandle, end: number) {
    this.#handle = handle;
    this.#end = end;
  }

  /** What is whole of it; a line that was cut by a crash is dropped. Throws `Distrusted`. */
  static async open(path: string): Promise<{ file: ProgressFile; lines: readonly ProgressLine[] }> {
    const { handle, stat } = await openPrivate(path, O_RDWR | O_CREAT);
    try {
      const text = await readFrom(handle, 0, Math.min(stat.size, longest));
      const { lines, end } = wholeLines(text);
      await handle.truncate(end);
      return { file: new ProgressFile(handle, end), lines };
    } catch (error) {
      await handle.close();
      throw error;
    }
  }

  /** Resolves when the line is on the disk. */
  add(entry: ProgressLine): Promise<void> {
    const text = Buffer.from(`${JSON.stringify(entry)}\n`);
    const at = this.#end;
    this.#end += text.length;
    const done = this.#turn.then(async () => {
      await this.#handle.write(text, 0, text.length, at);
      await this.#handle.sync();
    });
    this.#turn = done.catch(() => undefined);
    return done;
  }

  async close(): Promise<void> {
    await this.#turn;
    await this.#handle.close();
  }
}

/** The lines up to the first that is none, and where they end. */
export function wholeLines(text: Buffer): { lines: readonly ProgressLine[]; end: number } {
  const lines: ProgressLine[] = [];
  let end = 0;
  for (let next = text.indexOf(10, end); next >= 0; next = text.indexOf(10, end)) {
    const parsed = parse(text.toString('utf8', end, next));
    if (!parsed) break;
    lines.push(parsed);
    end = next + 1;
  }
  return { lines, end };
}

function parse(text: string): ProgressLine | undefined {
  try {
    return line.safeParse(JSON.parse(text)).data;
  } catch {
    return undefined;
  }
}

/** What an archive was begun as, and how far it is. Undefined: it was not begun, or not by us. */
export async function begunAs(path: string): Promise<{ begun: Begun; lines: readonly ProgressLine[] } | undefined> {
  const { handle, stat } = await openPrivate(path);
  try {
    const { lines } = wholeLines(await readFrom(handle, 0, Math.min(stat.size, longest)));
    const [first] = lines;
    return first?.kind === 'begun' ? { begun: first, lines } : undefined;
  } finally {
    await handle.close();
  }
}
