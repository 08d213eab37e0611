// `incident list | show | export | verify | resume`: the record of incidents.

import { Command, Option } from 'commander';
import { addSettingsFlags } from '../../config/flags.ts';
import { loadForCommand } from '../../config/load-for-command.ts';
import { complain, print, printText, tell } from '../../config/output.ts';
import type { Settings } from '../../config/settings.ts';
import { type Incident, isOngoing } from '../../core/incident/incident.ts';
import type { JournalReport, Signatures } from '../../data/journal/verify.ts';
import type { Format, Printed } from './run.ts';

type Runs = typeof import('./run.ts');

const id = '[id]';
const aboutId = 'incident id or its first characters (default: newest)';

/** Where the report goes from here. */
const exportNext =
  'next: bentham-cockpit incident export --output FILE writes it to a file; incident verify checks the record';

/** The journal's files, read without the screen and without asking a backend. */
export function incidentCommand(): Command {
  const command = new Command('incident').description('list, show, export, verify or resume incidents');
  const sub = (name: string, description: string) =>
    addSettingsFlags(new Command(name)).description(description).copyInheritedSettings(command);

  const list = sub('list', 'list the incidents of this profile, newest first').option(
    '--json',
    'machine-readable output',
  );
  list.action(({ json = false }: { json?: boolean }) =>
    answer(list, (run, report) => run.listed(report, json, Date.now()), 'chains'),
  );

  const show = sub('show', 'show the timeline of one incident').argument(id, aboutId);
  show.action((which?: string) =>
    answer(show, (run, report) => about(run, report, which, (one) => run.shown(one, Date.now())), 'chains'),
  );

  const exporting = sub('export', 'export one incident as a report')
    .argument(id, aboutId)
    .addOption(
      new Option('--format <format>', 'output format').choices(['markdown', 'text', 'json']).default('markdown'),
    )
    .option('-o, --output <file>', 'write a new file that only you can read, and print its path; - prints the report')
    .option('--json', 'same as --format json: complete and signed, to be checked with incident verify')
    .addHelpText('after', '\nAn existing file is not overwritten.');
  exporting.action(async (which: string | undefined, given: { format: Format; output?: string; json?: boolean }) => {
    const { output } = given;
    const format = given.json ? 'json' : given.format;
    const { settings } = await loadForCommand(exporting);
    const run = await import('./run.ts');
    const report = await run.journalOf(settings);
    const { thresholds } = settings;
    const printed =
      'text' in report
        ? report
        : about(run, report, which, (one) => run.exported(one, report, format, { now: Date.now(), thresholds }));
    if (printed.code === 2) return say(printed);
    if (output === undefined || output === '-') {
      say(printed);
      if (process.stderr.isTTY) tell(exportNext);
      return;
    }
    const { writeNew } = await import('../../disk/new-file.ts');
    const written = await writeNew(output, `${printed.text}\n`);
    if ('problem' in written) return say({ text: `not written: ${written.problem}`, code: 2 });
    print(written.path);
    tell(`wrote ${written.path}\nnext: write the section Why; bentham-cockpit incident verify checks the record`);
    process.exitCode = printed.code;
  });

  const verify = sub('verify', 'check signatures, and find changed, missing or truncated entries')
    .argument('[export]', 'check this file of incident export --json instead of the journal')
    .option('--against <export>', 'compare the journal with an earlier export: missing, changed, added since')
    .option('--json', 'machine-readable output');
  verify.action((file: string | undefined, { json = false, against }: { json?: boolean; against?: string }) =>
    answer(verify, (run, report) =>
      file === undefined ? run.verified(report, json, against) : run.verifiedExport(file, report, json),
    ),
  );

  const resume = sub('resume', 'open the cockpit on an open incident').argument(
    id,
    'incident id or its first characters, if several are open (default: newest)',
  );
  resume.action(async (which?: string) => {
    const { settings } = await loadForCommand(resume);
    const wanted = which === undefined ? undefined : await openOne(settings, which);
    if (wanted && 'text' in wanted) return say(wanted);
    const { whyNoScreen, runCockpit } = await import('../cockpit/run.ts');
    const why = whyNoScreen();
    if (why === undefined) process.exit(await runCockpit(settings, { start: 'incident', follow: wanted?.id }));
    complain(`${why}: run bentham-cockpit incident show`);
    process.exitCode = 2;
  });

  for (const one of [list, show, exporting, verify, resume]) command.addCommand(one);
  return command.addHelpText('after', '\nExit code: 0 found, 1 problem in the journal, 2 not found.');
}

async function answer(
  command: Command,
  what: (run: Runs, report: JournalReport) => Printed | Promise<Printed>,
  signatures?: Signatures,
): Promise<void> {
  const { settings } = await loadForCommand(command);
  const run = await import('./run.ts');
  const report = await run.journalOf(settings, signatures);
  say('text' in report ? report : await what(run, report));
}

/** The incident with this id, which has to be open: what is resolved is read, not worked. */
async function openOne(settings: Settings, which: string): Promise<Incident | Printed> {
  const run = await import('./run.ts');
  const report = await run.journalOf(settings);
  if ('text' in report) return report;
  const found = run.found(report, which);
  if ('text' in found || isOngoing(found)) return found;
  return {
    text: `${found.id} is ${found.cancelledAt === undefined ? 'resolved' : 'cancelled'}: read it with incident show ${which}`,
    code: 2,
  };
}

function say({ text, code, data }: Printed): void {
  if (code === 2) tell(text);
  else if (data) print(text);
  else printText(text);
  process.exitCode = code;
}

function about(
  run: Runs,
  report: JournalReport,
  which: string | undefined,
  tell: (incident: Incident) => Printed,
): Printed {
  const found = run.found(report, which);
  return 'text' in found ? found : tell(found);
}
