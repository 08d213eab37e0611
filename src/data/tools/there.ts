// Programs and scripts of the checkout: whether they exist. Loads nothing that runs one: every cockpit looks at its start.
import { quote } from '../../core/text/shell.ts';
import type { Result } from '../source.ts';
import { findProgram } from './path.ts';

/** A program or a script, by name or path. The fault says what would make it run. */
export async function toolThere(command: string, directory = '.'): Promise<Result<true>> {
  const found = await findProgram(command, directory);
  if (found.ok) return { ok: true, value: true };
  const script = command.includes('/');
  const fault = (what: string, hint: string): Result<true> => ({
    ok: false,
    fault: { kind: 'unconfigured', where: directory, what, hint },
  });
  const where = 'or set admin.directory to the Bentham checkout';
  if (found.code === 'not-executable') return fault(`${command} is not executable`, `chmod +x ${quote(command)}`);
  if (found.code === 'directory') return fault(`${command} is a directory`, 'check its name');
  return fault(`${command} not found`, script ? `check its name, ${where}` : `install ${command}, ${where}`);
}
