// What a terminal says by itself between the keys: its colours, its clipboard, its name (ECMA-48, 5.6: OSC, DCS, APC, PM,
// SOS). Asked for by a program before us, it may come late, and is text to whoever takes it for keys. Pure.
import type { Instant, Ms } from '../time.ts';

/** An answer that has begun and not ended; `escape`: what came last was the first half of its end. */
export type Answering = { at: Instant; escape: boolean };

/** The rest of an answer comes within this; what comes later was typed. */
const together: Ms = 250;

// Esc and a letter may be two keys: they begin an answer only where more of it came along.
const beginning = /\u001b(?:\]|[PX^_](?=[ -~]))/;
/** BEL or ST end it; any other control, and any other sequence, says that it was none. */
const ending = /\u0007|\u001b\\|\u009c|(?=[\u0000-\u001f])/;

/** The keys of a piece of input, without the answers in it; what began in an earlier piece goes on in this one. */
export function keysAmong(
  input: string,
  before: Answering | undefined,
  now: Instant,
): { keys: string; answering?: Answering } {
  const goesOn = before !== undefined && now - before.at <= together;
  let rest = goesOn && before.escape ? `\u001b${input}` : input;
  let within = goesOn;
  let keys = '';
  for (;;) {
    const found = (within ? ending : beginning).exec(rest);
    if (within && rest.endsWith('\u001b') && found?.index === rest.length - 1)
      return { keys, answering: { at: now, escape: true } };
    if (!found) return within ? { keys, answering: { at: now, escape: false } } : { keys: keys + rest };
    if (!within) keys += rest.slice(0, found.index);
    rest = rest.slice(found.index + found[0].length);
    within = !within;
  }
}
