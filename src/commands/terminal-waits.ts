// A terminal that takes nothing (Ctrl+S, a connection that hangs): nothing waits for it that has to go on or to end.

/** What Node has of a terminal and does not document. */
type Handle = { fd?: number; setBlocking?(on: boolean): void };

/**
 * Node waits in its writes to a terminal: while that takes nothing, no signal would come through. Once `unblock` was called,
 * what it does not take is kept, so look at `isBehind` before writing much. Only where Node has opened the terminal for
 * itself: else other programs would write to it without waiting, too.
 */
export const unblock = (out: NodeJS.WriteStream): void => setBlocking(out, false);

/** As before `unblock`: what is written is taken when the write returns, also by a process that ends at once. */
export const block = (out: NodeJS.WriteStream): void => setBlocking(out, true);

function setBlocking(out: NodeJS.WriteStream, on: boolean): void {
  const { _handle: handle } = out as { _handle?: Handle };
  if (out.isTTY && handle?.fd !== undefined && handle.fd > 2) handle.setBlocking?.(on);
}

/** Whether it has not taken all that was written. */
export const isBehind = (out: NodeJS.WriteStream): boolean => out.writableLength > 0;

/** Resolves when it has taken what was written so far, or has failed. */
export const taken = (out: NodeJS.WriteStream): Promise<void> =>
  new Promise((resolve) => {
    out.write('', () => resolve());
  });
