// The flags that every command has. Light: the schema is loaded when a command runs.
import { type Command, InvalidArgumentError, Option } from 'commander';
import { themeNames } from '../core/text/terminal-look.ts';
import { logLevels } from '../disk/log-level.ts';

/** What the common flags gave. */
export type Flags = {
  config?: string;
  profile?: string;
  kubeconfig?: string;
  context?: string;
  namespace?: string;
  /** `path=value`, in their order. */
  set?: readonly string[];
  readOnly?: boolean;
  observe?: boolean;
  as?: string;
  theme?: string;
  /** Symbols in ASCII. */
  ascii?: boolean;
  logFile?: string;
  logLevel?: string;
  /** Commander's form of --no-color. */
  color?: boolean;
};

/** Exit code for wrong usage, a wrong configuration included (EX_USAGE of sysexits.h). */
export const usageError = 64;

const pair = (given: string, before: readonly string[] = []) => {
  if (!/^[^=]+=/.test(given)) throw new InvalidArgumentError('Use option=value, as in kubernetes.namespace=x.');
  return [...before, given];
};

/** The flags that choose and change the configuration, on every command that has one. */
export function addSettingsFlags(command: Command): Command {
  const group = 'Configuration:';
  const add = (flags: string, about: string) => command.addOption(new Option(flags, about).helpGroup(group));
  add('-p, --profile <name>', 'production, staging, or a profile in the configuration file');
  add('--config <file>', 'configuration file (default: ~/.config/bentham-cockpit/config.yaml)');
  add('--kubeconfig <files>', 'kubeconfig files, as in KUBECONFIG');
  add('--context <name>', 'Kubernetes context');
  add('-n, --namespace <name>', 'Kubernetes namespace');
  command.addOption(
    new Option('--set <option=value>', 'any option of `bentham-cockpit config` (repeatable)')
      .argParser(pair)
      .helpGroup(group),
  );
  add('--read-only', 'read-only; cannot be armed');
  add('--observe', 'observe only: actions are disabled');
  add('--as <name>', 'your name in incidents (default: the OS user)');
  add('--no-color', 'no colors: health as symbols and words (also NO_COLOR)');
  command.addOption(new Option('--theme <name>', 'color theme (default: auto)').choices(themeNames).helpGroup(group));
  add('--ascii', 'symbols in ASCII (default: if the locale or the terminal has no UTF-8)');
  add('--log-file <file>', 'append a debug log as JSON lines; see docs/debugging.md');
  command.addOption(new Option('--log-level <level>', 'log level (default: info)').choices(logLevels).helpGroup(group));
  return command;
}

/** The options of a command and of those above it. One that was given counts more than a default, wherever it stands. */
export function givenTo<Options extends object>(command: Command): Options {
  const chain: Command[] = [];
  for (let one: Command | null = command; one; one = one.parent) chain.unshift(one);
  const all: Record<string, unknown> = {};
  for (const given of [false, true])
    for (const one of chain)
      for (const [name, value] of Object.entries(one.opts()))
        if ((one.getOptionValueSource(name) !== 'default') === given) all[name] = value;
  return all as Options;
}

/** The flags of a command and of the commands above it. */
export function flagsOf(command: Command): Flags {
  const flags: Flags = givenTo(command);
  // Commander sets `color` to true where --no-color was not given.
  if (flags.color) delete flags.color;
  return flags;
}
