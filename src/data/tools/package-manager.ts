// The program behind the admin commands: its version, and whether it hands the arguments of scripts to a shell.
import { stat } from 'node:fs/promises';
import path from 'node:path';
import type { Settings } from '../../config/settings.ts';
import type { Checkup } from '../../core/health/checkup.ts';
import { present } from '../../core/present.ts';
import { sanitize } from '../../core/text/text.ts';
import type { Ms } from '../../core/time.ts';
import { childEnvironment } from './environment.ts';
import { findProgram, notRunnable } from './path.ts';
import { printedBy } from './printed.ts';

type Version = readonly [number, number, number];

/**
 * The first version of each line that quotes the arguments of scripts for the shell; before it they stand in the quotes
 * of JSON, in which a shell runs `$(…)`. Tried: pnpm 9.15.4 and 10.1.0 run it, 9.15.5 and 10.2.0 do not; npm 8.12.2 runs
 * it, 8.13.0 does not.
 */
const quotesSince: Readonly<Record<string, readonly Version[]>> = {
  pnpm: [
    [9, 15, 5],
    [10, 2, 0],
  ],
  npm: [[8, 13, 0]],
  yarn: [[1, 0, 0]],
};

/** Whether a package manager quotes the arguments of scripts; undefined: unknown. */
export function quotesArguments(manager: string, version: string): boolean | undefined {
  const [, major, minor, patch] = /^v?(\d+)\.(\d+)\.(\d+)/.exec(version) ?? [];
  const lines = quotesSince[manager];
  if (!lines || major === undefined) return undefined;
  const own: Version = [Number(major), Number(minor), Number(patch)];
  const since = lines.find(([line]) => line === own[0]) ?? lines.at(-1) ?? own;
  const differs = own.findIndex((n, at) => n !== since[at]);
  return differs < 0 || (own[differs] ?? 0) > (since[differs] ?? 0);
}

/** `pnpm 10.22.0, /usr/bin/pnpm`, with a warning where names from outside could reach a shell. */
export async function adminCommandThere(
  { command: [name = 'pnpm'], environment }: Settings['admin'],
  directory: string,
  timeout: Ms,
  signal: AbortSignal,
): Promise<Checkup> {
  const warning = (answer: string, todo: string): Checkup => ({ ...about, verdict: 'warning', answer, todo });
  const found = await findProgram(name, directory);
  if (!found.ok) return warning(`${name}: ${notRunnable[found.code]}`, `install ${name}, or set admin.command`);
  const manager = path.basename(name);
  // How another program takes --version is not known.
  if (!quotesSince[manager]) return { ...about, verdict: 'ok', answer: found.file };
  // In the checkout: its package.json may choose the version.
  const there = await stat(directory).catch(() => undefined);
  const env = childEnvironment(process.env, ['PNPM_HOME', 'COREPACK_*', ...environment]);
  const options = { timeout, cancelSignal: signal, env, ...present({ cwd: there && directory }) };
  const version = await printedBy([found.file, '--version'], options).then(
    (stdout) => sanitize(stdout, 40).trim(),
    () => '',
  );
  const quotes = quotesArguments(manager, version);
  if (quotes === undefined)
    return warning(`${found.file} prints no version`, `try it in ${directory}: ${manager} --version`);
  const answer = `${manager} ${version}, ${found.file}`;
  if (quotes) return { ...about, verdict: 'ok', answer };
  const newest = quotesSince[manager].at(-1)?.join('.');
  return warning(
    `${answer}: it passes script arguments to a shell`,
    `update ${manager} to ${newest} or later; until then never pass it a name that a shell could run as code`,
  );
}

const about = { area: 'tools', what: 'admin command' } as const;
