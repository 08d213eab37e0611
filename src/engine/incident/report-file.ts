// The report of an incident as a file: private, and never over another one.
import { join } from 'node:path';
import type { Incident } from '../../core/incident/incident.ts';
import { sanitize } from '../../core/text/text.ts';
import type { Instant } from '../../core/time.ts';
import type { Thresholds } from '../../core/world/thresholds.ts';
import { type Written, writeNew } from '../../disk/new-file.ts';
import { markdownReport, reportName } from '../../runbook/report.ts';

/** So many reports of one incident beside each other. */
const most = 99;

/** Writes the report into a directory: `NAME.md`, then `NAME-2.md` where that exists. */
export async function writeReport(
  directory: string,
  incident: Incident,
  options: { now: Instant; thresholds?: Thresholds; notNeeded?: readonly string[] },
): Promise<Written> {
  const text = markdownReport(incident, options);
  const name = reportName(incident);
  for (let at = 1; at <= most; at += 1) {
    const path = join(directory, `${name}${at === 1 ? '' : `-${at}`}.md`);
    const written = await writeNew(path, text);
    if (!('exists' in written)) return written;
  }
  return { problem: `${most} reports of this incident are already in ${sanitize(directory, 300)}` };
}
