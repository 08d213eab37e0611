// When a process was started: distinguishes it from another one that got the same pid later.
import { readFileSync } from 'node:fs';

/** In the words of the system, or `alive` where it does not tell; '' when it has ended. */
export function processStart(pid: number): string {
  try {
    // After the name, which may hold blanks, the 20th field is the start time.
    const fields = readFileSync(`/proc/${pid}/stat`, 'utf8')
      .replace(/^.*\) /s, '')
      .split(' ');
    return fields[0] === 'Z' ? '' : (fields[19] ?? '');
  } catch {
    try {
      process.kill(pid, 0);
      return 'alive';
    } catch {
      return '';
    }
  }
}
