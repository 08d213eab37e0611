// What a command prints. A file's, a profile's or a context's name, a variable and what was typed may hold anything:
// on its way to the terminal it is text and nothing more, and an error repeats no secret.
import { linesInAscii } from '../core/text/ascii.ts';
import { printsAscii } from '../core/text/terminal-look.ts';
import { printable, redact } from '../core/text/text.ts';

let glyphs: Parameters<typeof printsAscii>[0] = 'auto';

/** How glyphs are printed from now on; until then as the environment says. */
export function printGlyphs(as: typeof glyphs): void {
  glyphs = as;
}

const shown = (text: string, { isTTY }: { isTTY?: boolean }): string =>
  printsAscii(glyphs, process.env, isTTY === true) ? linesInAscii(printable(text)) : printable(text);

/** A line, or some, to standard output: data for programs, in UTF-8 everywhere (RFC 8259, 8.1, for JSON). */
export function print(text: string): void {
  process.stdout.write(`${printable(text)}\n`);
}

/** The same for people: ASCII where the terminal or the locale has nothing else. */
export function printText(text: string): void {
  process.stdout.write(`${shown(text, process.stdout)}\n`);
}

/** A line, or some, to standard error. */
export function tell(text: string): void {
  toError(`${shown(redact(text), process.stderr)}\n`);
}

/** Whoever reads it may have left (`2>&1 | head`): that ends nothing. */
function toError(text: string): void {
  if (process.stderr.listenerCount('error') === 0) process.stderr.on('error', () => {});
  process.stderr.write(text);
}

/** What is wrong, to standard error, with the program's name before it. */
export function complain(text: string): void {
  tell(`bentham-cockpit: ${text}`);
}

/** What a mistake is about stands at a line's beginning, what would be right at its end. */
const shortened = (line: string) => (line.length > 800 ? `${line.slice(0, 300)} … ${line.slice(-400)}` : line);

/** How commander prints its help, and its own errors, which repeat what was typed. */
export const commanderOutput = {
  writeOut: (text: string) => void process.stdout.write(shown(text, process.stdout)),
  writeErr: (text: string) => toError(shown(redact(text), process.stderr).split('\n').map(shortened).join('\n')),
};
