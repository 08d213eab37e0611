// The report of a drill's incident outlives the drill where a person asks for it: its journal does not.
import { existsSync } from 'node:fs';
import { resolve as wholePath } from 'node:path';
import { tell } from '../../config/output.ts';
import type { Settings } from '../../config/settings.ts';
import { severityName } from '../../core/incident/checklist.ts';
import { projectAll } from '../../core/incident/projection.ts';
import { writeNew } from '../../disk/new-file.ts';
import { markdownReport, reportName } from '../../runbook/report.ts';
import { journalOf } from '../incident/run.ts';
import { askTyped, type Terminal } from '../run/ask.ts';

/**
 * Writes the report of the drill's newest incident to `file`; without one it asks on the terminal whether to keep it, and
 * writes nothing unless the answer is yes. A report that was written from the screen is only named.
 */
export async function keepReport(settings: Settings, file: string | undefined, terminal: Terminal): Promise<void> {
  const journal = await journalOf(settings);
  const incident = 'text' in journal ? undefined : projectAll(journal.entries).at(-1);
  if (!incident) {
    if (file !== undefined) tell('no incident was opened: there is no report to keep');
    return;
  }
  const path = wholePath(file ?? `${reportName(incident)}.md`);
  if (file === undefined && existsSync(path)) return tell(`the report is in ${path}`);
  const name = `${severityName(incident.severity)} ${incident.title}`;
  if (file === undefined) {
    const question = `Keep the report of ${name}? The drill's journal is deleted. [y/N] `;
    const answer = await Promise.race([askTyped(question, terminal), hungUp(terminal)]);
    if (typeof answer !== 'object' || !/^y(?:es)?$/i.test(answer.typed.trim())) return tell('not kept');
  }
  const { thresholds } = settings;
  const written = await writeNew(path, markdownReport(incident, { now: Date.now(), thresholds }));
  if ('path' in written) tell(`wrote ${written.path}`);
  else {
    tell(`report not written: ${written.problem}`);
    process.exitCode = 1;
  }
}

/** A terminal that goes away, or a signal, is no answer. */
const hungUp = ({ input }: Terminal): Promise<'cancelled'> =>
  new Promise((resolve) => {
    const end = () => resolve('cancelled');
    input.once('end', end).once('error', end);
    for (const signal of ['SIGHUP', 'SIGINT', 'SIGTERM'] as const) process.once(signal, end);
  });
