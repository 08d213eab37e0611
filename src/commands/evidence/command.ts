// `evidence verify`: checks an archive of `run preserve-evidence`, on any machine, without a configuration.
import { Command } from 'commander';

const exitCodes =
  '\nExit code: 0 intact and complete, 1 intact, but files are missing or partial, 2 changed, cut off or no archive, 3 cannot be read.';

/** Below `evidence`, which lists what the bucket has. */
export function verifyEvidenceCommand(): Command {
  return new Command('verify')
    .summary('check an archive of run preserve-evidence')
    .description('read an archive, compare each file with its manifest, print the SHA-256 of the archive')
    .argument('<file>', 'the archive: evidence-….tar.gz')
    .option('--sha256 <hash>', 'the hash that the archive must have: of the incident journal or report')
    .option('--json', 'machine-readable output')
    .addHelpText('after', `\nA .sha256 file beside the archive is compared, too.${exitCodes}`)
    .action(async (file: string, options: { sha256?: string; json?: boolean }) => {
      const { verifyEvidence } = await import('./verify.ts');
      process.exitCode = await verifyEvidence(file, options);
    });
}
