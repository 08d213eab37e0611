// What Ink writes, in fewer bytes and in one piece: over a slow line each frame arrives at once, and a tick costs
// little more than the cells that it changes.
import type { WriteStream } from 'node:tty';

/** Synchronized output (DEC mode 2026): Ink writes one before a frame and the other after it. */
const begin = '\u001b[?2026h';
const end = '\u001b[?2026l';

/** The alternate screen, and where its first frame begins: what was typed ahead and echoed has moved the cursor. */
const alternate = '\u001b[?1049h';
const home = '\u001b[H';

const nextLines = /\n?(?:\u001b\[E)+/g;
const unusedStyles = /(?:\u001b\[[\d;:]*m)+(?=\u001b\[0m)/g;

/**
 * The same frame in fewer bytes: a move down for each unchanged row becomes one move (CNL), and styles that are reset
 * before a character wears them are left out.
 */
export function squeeze(frame: string): string {
  return frame
    .replace(nextLines, (run) => {
      const down = run.startsWith('\n') ? 1 + (run.length - 1) / 3 : run.length / 3;
      return down === 1 ? '\u001b[E' : `\u001b[${down}E`;
    })
    .replace(unusedStyles, '');
}

/** `out` for Ink: all that it writes from the begin to the end of a frame goes out as one write. */
export function synchronizedOutput(out: WriteStream): WriteStream {
  let frame: string | undefined;
  const write = (chunk: string | Uint8Array, ...rest: never[]): boolean => {
    if (chunk === begin) {
      // A frame whose end never came is not kept back.
      if (frame !== undefined) out.write(frame);
      frame = begin;
      return true;
    }
    if (frame === undefined && typeof chunk === 'string' && chunk.startsWith(alternate))
      return out.write(chunk.replace(alternate, alternate + home), ...rest);
    if (frame === undefined || typeof chunk !== 'string' || rest.length > 0) return out.write(chunk, ...rest);
    frame += chunk;
    if (chunk !== end) return true;
    const whole = squeeze(frame);
    frame = undefined;
    return out.write(whole);
  };
  return new Proxy(out, {
    get(target, key) {
      if (key === 'write') return write;
      const value = Reflect.get(target, key);
      return typeof value === 'function' ? value.bind(target) : value;
    },
  });
}
