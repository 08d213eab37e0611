// The end of the process, at once. process.exit waits for the threads of the system's name look-ups (and of slow
// disks), and a name server that hangs keeps those for ten seconds and more.
import { debugLog } from '../disk/debug-log.ts';
import { endCode } from './whole-output.ts';

/** What such a thread is busy with, as Node names it. */
const held = /^(GetAddrInfo|GetNameInfo|FSReq)/;

/**
 * Ends the process with this code; where a thread would keep it, by becoming a shell that does nothing but end.
 * `late`: something did not end in its time, in whatever thread.
 */
export function exitWith(wanted: number, late = false): never {
  const code = endCode(wanted);
  debugLog.end(code);
  const waits = late || process.getActiveResourcesInfo().some((what) => held.test(what));
  if (waits && typeof process.execve === 'function') {
    // It is new in Node, and warns of that on the terminal.
    process.emitWarning = () => {};
    process.emit('exit', code);
    try {
      process.execve('/bin/sh', ['sh', '-c', `exit ${code}`], {});
    } catch {
      // No such shell: waited for, then.
    }
  }
  process.exit(code);
}
