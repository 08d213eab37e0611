// Asks on the terminal for one line, until there is one that can be used.
import { createInterface } from 'node:readline';
import { tell } from '../../config/output.ts';
import { stripControl } from '../../core/text/text.ts';

export type Question = {
  prompt: string;
  /** What the tab key completes. */
  values?: readonly string[];
  /** Why this cannot be the answer; undefined: it can. */
  wrong(text: string): string | undefined;
};

/** The answer, without spaces around it; undefined after Ctrl-C or Ctrl-D. */
export async function askLine({ prompt, values = [], wrong }: Question): Promise<string | undefined> {
  // The tab key prints them.
  const completed = values.filter((value) => value === stripControl(value));
  const line = createInterface({
    input: process.stdin,
    output: process.stderr,
    completer: (text: string) => [completed.filter((value) => value.startsWith(text)), text],
  });
  try {
    return await new Promise<string | undefined>((resolve) => {
      line.once('SIGINT', () => resolve(undefined));
      line.once('close', () => resolve(undefined));
      line.on('line', (text) => {
        const value = text.trim();
        const why = wrong(value);
        if (why) tell(stripControl(why, 300));
        if (value !== '' && !why) resolve(value);
        else line.prompt();
      });
      line.setPrompt(`${prompt} `);
      line.prompt();
    });
  } finally {
    line.close();
  }
}
