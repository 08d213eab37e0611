// The scripts that a checkout's package.json has: a command that names another one fails only when it is run.
import { stat } from 'node:fs/promises';
import path from 'node:path';
import { thereIs } from '../../core/text/did-you-mean.ts';
import { readBounded, unreadable } from '../../disk/bounded-file.ts';
import type { Result } from '../source.ts';

/** Those that run a script of package.json by its name. */
const managers = /^(pnpm|npm|yarn|bun)$/;

/** Their words before a script's name that do not change which package.json is meant. */
const harmless = new Set(['run', '-s', '--silent', '--']);

/** Names of the scripts; the fault says what is wrong with the file. */
export async function packageScripts(directory: string): Promise<Result<readonly string[]>> {
  const file = path.join(directory, 'package.json');
  const fault = (what: string): Result<never> => ({
    ok: false,
    fault: {
      kind: 'unconfigured',
      where: directory,
      what: `${file} ${what}`,
      hint: 'set admin.directory to the Bentham checkout',
    },
  });
  let text: string;
  try {
    text = (await readBounded(file)).toString('utf8');
  } catch (error) {
    return fault(unreadable(error));
  }
  try {
    const { scripts } = JSON.parse(text) as { scripts?: unknown };
    return { ok: true, value: typeof scripts === 'object' && scripts !== null ? Object.keys(scripts) : [] };
  } catch {
    return fault('is not JSON');
  }
}

/** Whether `pnpm admin:surface` finds its script. What another program makes of its words is not known, and taken as given. */
export async function packageScriptThere(
  script: string,
  [program = '', ...words]: readonly string[],
  directory = '.',
): Promise<Result<true>> {
  if (!managers.test(path.basename(program))) return { ok: true, value: true };
  const place = placeOf(words, directory);
  if (place === undefined || (await hasOtherManifest(place))) return { ok: true, value: true };
  const found = await packageScripts(place);
  if (!found.ok) return found;
  if (found.value.includes(script)) return { ok: true, value: true };
  const what = `no script ${script} in ${path.join(place, 'package.json')}`;
  const hint = `${thereIs(script, found.value)}. Update the checkout, or set admin.directory or admin.command`;
  return { ok: false, fault: { kind: 'unconfigured', where: place, what, hint } };
}

/** Where the package.json lies; undefined where an option may choose another one. */
function placeOf(words: readonly string[], directory: string): string | undefined {
  const rest = words.filter((word) => !harmless.has(word));
  if (rest.length === 0) return directory;
  const [option = '', value] = rest[0]?.includes('=') ? rest[0].split('=', 2) : rest;
  const chosen = /^(-C|--dir|--prefix|--cwd)$/.test(option) ? value : undefined;
  return chosen === undefined ? undefined : path.resolve(directory, chosen);
}

/** pnpm reads these too. */
async function hasOtherManifest(directory: string): Promise<boolean> {
  const tries = ['package.yaml', 'package.json5'].map((name) => stat(path.join(directory, name)));
  return (await Promise.allSettled(tries)).some(({ status }) => status === 'fulfilled');
}
