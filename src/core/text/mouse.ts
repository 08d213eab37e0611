// What the mouse sends between the keys (xterm's SGR reports, mode 1006). A report is never a key: not in pieces over a
// slow line, not broken, not pasted, not in the older form. Pure.
import type { Instant, Ms } from '../time.ts';

/** A button that went down or up, or the wheel; the cell is counted from 0 at the upper left. */
export type MouseReport = {
  kind: 'press' | 'release' | 'wheel-up' | 'wheel-down';
  column: number;
  row: number;
};

/** What of the input may be the beginning of a report. */
export type MouseRest = { text: string; at: Instant; pasting: boolean };

/** An Esc that nothing follows within this is the key: a report comes in one piece, or nearly. */
export const escapeWaits: Ms = 50;
/** The rest of a report that has begun is no key, however late it comes; after this it is typed text. */
const reportWaits: Ms = 3000;

/** A paste that nothing followed for this long lost its end on the way: Esc or Ctrl+C alone then ends it. */
const pasteStalls: Ms = 1000;

/** Complete reports, also broken ones and those of terminals that know mode 1000 only; and the marks of pasted text. */
const reports = /\u001b\[<([\d;]*)([A-Za-z~])|\u001b\[M[\s\S]{3}|\u001b\[20[01]~/g;
/** The beginning of one at the end of a piece. */
const begun = /\u001b\[<[\d;]{0,24}$|\u001b\[M[\s\S]{0,2}$/;
/** What may become one. */
const maybe = /\u001b\[?$/;

/**
 * The keys and the reports of a piece of input; `rest` is kept back until the next piece comes, or until `escapeWaits` has
 * passed (`keysOfRest` says which keys it then was). `on`: reports are expected, so an Esc at the end may begin one.
 */
export function mouseAmong(
  input: string,
  before: MouseRest | undefined,
  now: Instant,
  on: boolean,
): { keys: string; reports: readonly MouseReport[]; rest?: MouseRest } {
  // Terminals send neither of the two within a paste; without this, every key would be text without an end.
  if (before?.pasting && now - before.at >= pasteStalls && (input === '\u001b' || input === '\u0003'))
    return mouseAmong(`\u001b[201~${input}`, before, now, on);
  const fresh = before !== undefined && before.text !== '' && now - before.at <= reportWaits;
  const text = (fresh ? before.text : '') + input;
  let pasting = before?.pasting ?? false;
  const found: MouseReport[] = [];
  let keys = text.replace(reports, (all, numbers?: string, end?: string) => {
    if (all === '\u001b[200~' || all === '\u001b[201~') {
      pasting = all === '\u001b[200~';
      return all;
    }
    const report = pasting || numbers === undefined ? undefined : reportOf(numbers, end ?? '');
    if (report) found.push(report);
    return '';
  });
  const kept = begun.exec(keys)?.[0] ?? (on && !pasting ? maybe.exec(keys)?.[0] : undefined) ?? '';
  keys = keys.slice(0, keys.length - kept.length);
  const rest = kept !== '' || pasting ? { text: kept, at: now, pasting } : undefined;
  return rest ? { keys, reports: found, rest } : { keys, reports: found };
}

/** What is kept back was a key after all: Esc, or Alt and a bracket. */
export function keysOfRest({ text }: MouseRest): string {
  return maybe.test(text) ? text : '';
}

/** The left button and the wheel; other buttons, motion and cells outside any terminal are nothing. */
function reportOf(numbers: string, end: string): MouseReport | undefined {
  const [, code = '', x = '', y = ''] = /^(\d{1,3});(\d{1,4});(\d{1,4})$/.exec(numbers) ?? [];
  const [button, column, row] = [Number(code), Number(x) - 1, Number(y) - 1];
  if (code === '' || column < 0 || row < 0) return undefined;
  if (button === 64 || button === 65)
    return end === 'M' ? { kind: button === 64 ? 'wheel-up' : 'wheel-down', column, row } : undefined;
  if (button !== 0) return undefined;
  return end === 'M' || end === 'm' ? { kind: end === 'M' ? 'press' : 'release', column, row } : undefined;
}
