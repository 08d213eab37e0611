// A deadline that is over with its work. The timer of AbortSignal.timeout goes off whatever became of the work, and makes an
// error with a stack then: a fortieth of what an idle cockpit costs.
import type { Ms } from '../core/time.ts';

export type TimeLimit = {
  /** Aborts after the time, with a `TimeoutError` as that of AbortSignal.timeout, or when the signal above it does. */
  readonly signal: AbortSignal;
  /** Whether the time is up. */
  readonly isOver: boolean;
  /** The work is done. */
  end(): void;
};

/** As with AbortSignal.timeout, the process may end before. */
export function timeLimit(time: Ms, above?: AbortSignal): TimeLimit {
  const limit = new AbortController();
  const timer = setTimeout(() => limit.abort(new DOMException('no answer in time', 'TimeoutError')), time).unref();
  return {
    signal: above ? AbortSignal.any([above, limit.signal]) : limit.signal,
    get isOver() {
      return limit.signal.aborted;
    },
    end: () => clearTimeout(timer),
  };
}

/** Aborts some time after another signal did, with a `TimeoutError`: until then what was asked may still be answered. */
export function afterwards(signal: AbortSignal, time: Ms): AbortSignal {
  const late = new AbortController();
  const begin = () => {
    setTimeout(() => late.abort(new DOMException('no answer in time', 'TimeoutError')), time).unref();
  };
  if (signal.aborted) begin();
  else signal.addEventListener('abort', begin, { once: true });
  return late.signal;
}

/**
 * Ends with the signal, whatever becomes of the work: undici heeds a signal only once it is connected, and a handshake can
 * hang for longer than anybody waits.
 */
export async function unlessAborted<T>(promise: Promise<T>, signal: AbortSignal): Promise<T> {
  let abort = () => {};
  const aborted = new Promise<never>((_, reject) => {
    abort = () => reject(signal.reason);
  });
  if (signal.aborted) abort();
  signal.addEventListener('abort', abort, { once: true });
  try {
    return await Promise.race([promise, aborted]);
  } finally {
    signal.removeEventListener('abort', abort);
  }
}
