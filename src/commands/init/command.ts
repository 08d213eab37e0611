// `init`: writes a first configuration file from what the machine has.
import { Command } from 'commander';
import type { InitOptions } from './proposal.ts';

export function initCommand(): Command {
  return new Command('init')
    .description(
      'write a configuration file from the kubeconfig contexts, PostgreSQL services and AWS profiles found here',
    )
    .option('--file <file>', 'where to write it (default: ~/.config/bentham-cockpit/config.yaml); never overwritten')
    .option('--print', 'print it instead')
    .option('-y, --yes', 'ask nothing: take the current context and leave out what is ambiguous')
    .action(async (options: InitOptions) => {
      const { runInit } = await import('./run.ts');
      process.exitCode = await runInit(options);
    });
}
