// What a line tells about the files of others: how far each was when the line was written.
import type { Seen } from './line.ts';

/** Sessions that a line bears witness of, at most. */
const most = 20;

export class Witness {
  readonly #seen = new Map<string, string>();

  /** What has grown since this was last asked; `heads`: how far each session's file is. */
  seen(heads: ReadonlyMap<string, readonly [lines: number, hash: string]>): Seen {
    const news = [...heads].filter(([session, [, hash]]) => this.#seen.get(session) !== hash);
    const seen = news.sort(([a], [b]) => (a < b ? 1 : -1)).slice(0, most);
    for (const [session, [, hash]] of seen) this.#seen.set(session, hash);
    return Object.fromEntries(seen);
  }
}
