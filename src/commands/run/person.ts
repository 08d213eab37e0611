// Who acts: on an account that several people use, `run` asks for the person's name.
import { complain } from '../../config/output.ts';
import { whatIsWrongWithName } from '../../core/incident/person.ts';
import { stripControl } from '../../core/text/text.ts';
import type { Recorder } from '../../engine/incident/recorder.ts';
import { askLine } from './ask-line.ts';

/**
 * Asks for the name on a terminal. Without one the account stands in the record, and that is told: a program that acts
 * in the night is not refused. `missing`: the name cannot be taken, which was told. `cancelled`: the person gave none.
 */
export async function takePerson(recorder: Recorder): Promise<'known' | 'missing' | 'cancelled'> {
  if (!recorder.asksName) return 'known';
  const { user } = recorder.journal.writer;
  if (!process.stdin.isTTY || !process.stderr.isTTY) {
    complain(
      `${user} is a shared account and stands in the record: give your name with --as NAME, BENTHAM_PERSON or person.name`,
    );
    return 'known';
  }
  const name = await askLine({
    prompt: `${stripControl(user, 60)} is a shared account: your name for the record?`,
    wrong: (text) => (text === '' ? undefined : whatIsWrongWithName(text)),
  });
  if (name === undefined) return 'cancelled';
  const wrong = await recorder.takeName(name);
  if (wrong === undefined) return 'known';
  complain(wrong);
  return 'missing';
}
