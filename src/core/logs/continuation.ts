// Which lines continue the one before them: stacks, blocks, details of a PostgreSQL error. JSON lines never do.

import { formatted } from './formats.ts';
import { headed, thrownAt } from './line-head.ts';

/** The line before, and its continuation so far. */
export type Begun = { text: string; more?: readonly string[] | undefined };

const always =
  /^(?:\s+\S|\s*$|Caused by:|Suppressed:|\.\.\. \d+ (?:more|lines)|[}\])]+[,;]?$|goroutine \d|Node\.js v\d|--- End of |note: run with|stack backtrace:|During handling of the above|The above exception was|exit status \d)/;

/** The last line of a Python traceback or of an error with its class first: `ValueError: boom`, `java.lang.X: boom`. */
const errorClass = /^[A-Za-z_][\w.$]{0,200}(?:: .*)?$/s;
const javaError = /^(?:[a-z][\w$]{0,60}\.){1,12}[\w$]{0,80}(?:Exception|Error|Throwable)(?:: .*)?$/s;
const goFrame = /^(?=.*\)$)(?:created by )?[\w./*()-]{1,200}\(|^\[signal |^created by /s;
const postgresMore = /^(?:[\d[<][^"]{0,200}?[ :\]>])?(?:STATEMENT|DETAIL|HINT|CONTEXT|QUERY|LOCATION): {2}/;
const postgresPid = /^[^"[]{0,120}\[(\d{1,10})/;

/** Whether a line continues the one before it. */
export function continues(text: string, begun?: Begun): boolean {
  if (text.charCodeAt(0) === 123) return false;
  if (always.test(text)) return true;
  return begun !== undefined && continuing.some((rule) => rule(text, begun));
}

const lastOf = ({ text, more }: Begun): string => more?.at(-1) ?? text;
const isBad = ({ text }: Begun): boolean => ((formatted(text) ?? headed(text)).level ?? 0) >= 40;

const continuing: readonly ((text: string, begun: Begun) => boolean)[] = [
  // Python: a traceback after the line that was logged with it, and its last line.
  (text, begun) =>
    text.startsWith('Traceback (most recent call last)') &&
    (/^(?:During handling|The above exception)/.test(lastOf(begun)) || (begun.more === undefined && isBad(begun))),
  (text, begun) => isTraceback(begun) && /^\s/.test(lastOf(begun)) && errorClass.test(text),
  // Node: the error after the place where it was thrown.
  (_, { text, more }) => thrownAt.test(text) && !more?.some((each) => /^[^\s^]/.test(each)),
  // Java: the exception after the line that was logged with it.
  (text, begun) => javaError.test(text) && begun.more === undefined && isBad(begun),
  // Go: frames.
  (text, { text: first }) => /^(?:panic|fatal error): /.test(first) && goFrame.test(text),
  // Rust: the message after the place.
  (_, { text, more }) => /^(?:\S+ )?thread '.{0,100}' panicked at .{1,300}:$/.test(text) && more === undefined,
  (text, { text: first }) =>
    postgresMore.test(text) && formatted(first)?.format === 'postgresql' && pidOf(text) === pidOf(first),
];

const pidOf = (text: string): string | undefined => postgresPid.exec(text)?.[1];

const isTraceback = ({ text, more }: Begun): boolean =>
  [text, ...(more ?? [])].some((each) => each.startsWith('Traceback (most recent call last)'));
