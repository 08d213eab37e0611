// What a terminal says by itself between the keys: its colours, its clipboard, its name (ECMA-48, 5.6: OSC, DCS, APC, PM,
// SOS). Asked for by a program before us, it may come late, and is text to whoever takes it for keys. Pure.
import type { Instant, Ms } from '../time.ts';

/** An answer that has begun and not ended; `escape`: what came last was the first half of its end. */
export type Answering = { at: Instant; escape: boolean; text: string };

/** The keys of a piece of input, and the answers that ended in it, without what encloses them: `11;rgb:0/0/0`. */
type Found = { keys: string; answers: readonly string[]; answering?: Answering };

/** In characters; an answer may be a clipboard. */
const longest = 100;

/** The rest of an answer comes within this; what comes later was typed. */
const together: Ms = 250;

// Esc and a letter may be two keys: they begin an answer only where more of it came along.
const beginning = /\u001b(?:\]|[PX^_](?=[ -~]))/;
/** BEL or ST end it; any other control, and any other sequence, says that it was none. */
const ending = /\u0007|\u001b\\|\u009c|(?=[\u0000-\u001f])/;

/** The keys of a piece of input without the answers in it; what began in an earlier piece goes on in this one. */
export function keysAmong(input: string, before: Answering | undefined, now: Instant): Found {
  const goesOn = before !== undefined && now - before.at <= together;
  let rest = goesOn && before.escape ? `\u001b${input}` : input;
  let within = goesOn;
  let text = goesOn ? before.text : '';
  let keys = '';
  const answers: string[] = [];
  for (;;) {
    const found = (within ? ending : beginning).exec(rest);
    const isHalf = rest.endsWith('\u001b') && found?.index === rest.length - 1;
    if (within) text = (text + rest.slice(0, found?.index)).slice(0, longest);
    if (within && (isHalf || !found)) return { keys, answers, answering: { at: now, escape: isHalf, text } };
    if (!found) return { keys: keys + rest, answers };
    if (!within) keys += rest.slice(0, found.index);
    else if (found[0] !== '') answers.push(text);
    text = '';
    rest = rest.slice(found.index + found[0].length);
    within = !within;
  }
}
