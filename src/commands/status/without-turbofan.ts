// TurboFan, V8's second optimizing compiler, for the time of one look.
import { setFlagsFromString } from 'node:v8';
import { type Ms, second } from '../../core/time.ts';

/** A look that takes longer gets something back for what TurboFan costs. */
const shortLook: Ms = second;

/**
 * Keeps V8 from compiling with TurboFan, in all threads, until the returned function is called, at most for a second: to
 * compile what reads logs takes 40 ms of CPU beside both threads, and is done when most lines have been read. The flag has
 * to be back before the process ends: V8 refuses code that was kept under another one.
 */
export function withoutTurboFan(): () => void {
  setFlagsFromString('--no-turbofan');
  const back = () => {
    clearTimeout(overdue);
    setFlagsFromString('--turbofan');
  };
  const overdue = setTimeout(back, shortLook).unref();
  return back;
}
