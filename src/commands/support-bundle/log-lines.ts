// The packed part of the debug log: its newest lines, and only valid log lines.
import { isMissing } from '../../disk/bounded-file.ts';
import { safeFields } from '../../disk/debug-log.ts';
import { openPrivate, readFrom } from '../../disk/private-files.ts';

const newest = 10 * 1024 * 1024;

/** The last 10 MB of a log, sanitized once more; undefined where there is no such file. Throws what refuses it. */
export async function logLines(file: string): Promise<string | undefined> {
  try {
    const { handle, stat } = await openPrivate(file);
    try {
      const from = Math.max(0, stat.size - newest);
      const lines = (await readFrom(handle, from, stat.size - from)).toString('utf8').split('\n');
      // The first may be half a line.
      return lines
        .slice(from > 0 ? 1 : 0)
        .map(logLine)
        .join('');
    } finally {
      await handle.close();
    }
  } catch (error) {
    if (isMissing(error)) return undefined;
    throw error;
  }
}

/** A line of the log, or nothing: whatever else stands in that file is not packed. */
function logLine(text: string): string {
  try {
    const line: unknown = JSON.parse(text);
    if (typeof line !== 'object' || line === null || !('event' in line) || !('thread' in line)) return '';
    return `${JSON.stringify(safeFields({ ...line }))}\n`;
  } catch {
    return '';
  }
}
