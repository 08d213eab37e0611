// What a command prints. A file's, a profile's or a context's name, a variable and what was typed may hold anything:
// on its way to the terminal it is text and nothing more, and an error repeats no secret.
import { printable, redact } from '../core/text/text.ts';

/** A line, or some, to standard output. */
export function print(text: string): void {
  process.stdout.write(`${printable(text)}\n`);
}

/** The same to standard error, as it is. */
export function tell(text: string): void {
  process.stderr.write(`${printable(redact(text))}\n`);
}

/** What is wrong, to standard error, with the program's name before it. */
export function complain(text: string): void {
  tell(`bentham-cockpit: ${text}`);
}

/** What a mistake is about stands at a line's beginning, what would be right at its end. */
const shortened = (line: string) => (line.length > 800 ? `${line.slice(0, 300)} … ${line.slice(-400)}` : line);

/** How commander prints its help, and its own errors, which repeat what was typed. */
export const commanderOutput = {
  writeOut: (text: string) => void process.stdout.write(printable(text)),
  writeErr: (text: string) => void process.stderr.write(printable(redact(text)).split('\n').map(shortened).join('\n')),
};
