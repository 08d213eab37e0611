// The logs of containers: a bounded ring of lines each, the ring of the container before it, and followers.

export type LogLine = { at: number; text: string };

/** A ring numbers its lines, so that a slow follower knows where it is and what it missed. */
type Ring = { lines: LogLine[]; first: number; ended: boolean; followers: Set<() => void> };

export type Logs = ReturnType<typeof createLogs>;

/** A view of one container's log. */
export type LogView = {
  /** Lines from a number on; lines that the ring has dropped are skipped. `next` is the number to go on with. */
  from(number: number): { lines: readonly LogLine[]; next: number };
  ended(): boolean;
  /** Called after each write and at the end. */
  follow(listener: () => void): () => void;
};

/** `keep`: lines kept of one container. */
export function createLogs(options: { keep?: number } = {}) {
  const keep = options.keep ?? 10_000;
  const current = new Map<string, Ring>();
  const previous = new Map<string, Ring>();

  const ring = (): Ring => ({ lines: [], first: 0, ended: false, followers: new Set() });
  const ringOf = (pod: string): Ring => {
    const known = current.get(pod);
    if (known) return known;
    const created = ring();
    current.set(pod, created);
    return created;
  };
  const end = (one: Ring | undefined) => {
    if (!one) return;
    one.ended = true;
    for (const follower of [...one.followers]) follower();
  };

  return {
    /** Adds lines to a pod's log (by uid); a text with line ends becomes several lines. */
    write(pod: string, text: string, at: number): void {
      const one = ringOf(pod);
      for (const line of text.split('\n')) one.lines.push({ at, text: line });
      // Trimmed in halves: a write costs the same whatever the ring's length.
      if (one.lines.length > keep * 2) {
        const gone = one.lines.length - keep;
        one.lines = one.lines.slice(gone);
        one.first += gone;
      }
      for (const follower of one.followers) follower();
    },

    /** The container ended; its log stays readable until the next one starts. */
    end(pod: string): void {
      end(current.get(pod));
    },

    /** A new container starts: what was current becomes previous. */
    restart(pod: string): void {
      const last = current.get(pod);
      end(last);
      if (last) previous.set(pod, last);
      current.set(pod, ring());
    },

    /** The pod is gone, and its logs with it. */
    forget(pod: string): void {
      end(current.get(pod));
      current.delete(pod);
      previous.delete(pod);
    },

    /** Undefined where there is no previous container. */
    view(pod: string, which: 'current' | 'previous'): LogView | undefined {
      const one = which === 'current' ? ringOf(pod) : previous.get(pod);
      if (!one) return undefined;
      return {
        from(number) {
          const lines = one.lines.slice(Math.max(0, number - one.first));
          return { lines, next: one.first + one.lines.length };
        },
        ended: () => one.ended || which === 'previous',
        follow(listener) {
          one.followers.add(listener);
          return () => one.followers.delete(listener);
        },
      };
    },
  };
}
