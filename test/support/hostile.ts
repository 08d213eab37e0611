// Strings that want to be more than text, by the thousand, the same in every run; and what is looked for where text
// arrives. A mark stands in each: it shows that the string came through, without what is hostile in it.

/** Letters that no sanitizing touches. */
export const mark = 'ZQ';

/** What no terminal, file or pipe may get. Parameters and payloads have a sign of their own: `1337`, `PWN`. */
const atoms: readonly string[] = [
  '\u001b[1337m',
  '\u001b[31;1337m',
  '\u001b[2J\u001b[1337;1H',
  '\u001b[?1337h',
  '\u001b[1337n',
  '\u001b[>1337c',
  '\u001b[1337',
  '\u009b1337m',
  '\u001b]0;PWN\u0007',
  '\u001b]2;PWN\u001b\\',
  '\u001b]8;;http://PWN\u001b\\',
  '\u001b]52;c;UFdO\u0007',
  '\u001b]1337;PWN\u0007',
  '\u009d0;PWN\u009c',
  '\u001b]0;PWN',
  '\u001bP1337$qPWN\u001b\\',
  '\u001bPPWN',
  '\u0090PWN\u009c',
  '\u001b_GPWN\u001b\\',
  '\u001b^PWN\u001b\\',
  '\u001bXPWN',
  '\u001bc',
  '\u001b(0',
  '\u001b#8',
  '\u001b',
  '\u001b\u001b[1337m',
  '\u001b[\u001b[1337m1337m',
  '\u001b\n[1337m',
  '\u0000',
  '\u0007',
  '\b\b\b',
  '\u000e',
  '\u007f',
  '\u0085',
  '\r\nPWN',
  '\t',
  '\u000b\u000c',
  '\u2028',
  '\u2029',
  '\u202eNWP\u202c',
  '\u2066x\u2069',
  '\u061c',
  '\u200b\u200d\u200e\u200f',
  '\u2060\ufeff\u00ad',
  '\ufe0f',
  '\u{e0041}\u{e007f}',
  '\ufff9x\ufffb',
  '\u115f\u3164',
  'e\u0301\u0301\u0301\u0301\u0301',
  '\ud800',
  '\udfff',
  '\u{1f468}\u200d\u{1f469}',
  '`$(PWN)`',
  '<!channel>',
  '%s%n%x',
  '{{PWN}}',
  "'; DROP TABLE x; --",
  '"\\',
];

/** Pseudo-random numbers from 0 to 1 (mulberry32): a failure comes again. */
export function numbers(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let t = Math.imul(state ^ (state >>> 15), state | 1);
    t ^= t + Math.imul(t ^ (t >>> 7), t | 61);
    return ((t ^ (t >>> 14)) >>> 0) / 4_294_967_296;
  };
}

/** Makes hostile strings; counts how many it has made. */
export class Hostile {
  readonly #next: () => number;
  count = 0;

  constructor(seed = 1) {
    this.#next = numbers(seed);
  }

  /** One to five atoms between the letters of a mark of its own. */
  string(): string {
    this.count += 1;
    const pick = () => atoms[Math.floor(this.#next() * atoms.length)] ?? '';
    const parts = Array.from({ length: 1 + Math.floor(this.#next() * 5) }, pick);
    return `${mark}${parts.join('x')}${mark}`;
  }

  /** Each second time. */
  chance(): boolean {
    return this.#next() < 0.5;
  }

  /** The text with a hostile end. */
  taint(text: string): string {
    return `${text}${this.string()}`;
  }
}

/** Controls but for line ends, and characters that nobody sees or that turn a line round. */
const unseen =
  /[\u0000-\u0009\u000b-\u001f\u007f-\u009f\u2028\u2029\ufff9-\ufffb\p{Cs}]|\p{Default_Ignorable_Code_Point}|\p{Bidi_Control}/u;

/** What of a text without a terminal is no letter and no line end; undefined where all is well. */
export function leakInText(text: string): string | undefined {
  const found = unseen.exec(text);
  return found ? JSON.stringify(text.slice(Math.max(0, found.index - 40), found.index + 40)) : undefined;
}

/** A CSI, an OSC with its end, or a two-character escape, as the cockpit writes them. */
const sequence = /\u001b(?:\[[0-?]*[ -/]*[@-~]|\][^\u0007\u001b]*(?:\u0007|\u001b\\)|[78=>])/gu;

/** What of a terminal's bytes is not the cockpit's own. `raw` may begin within a sequence. */
export function leakInTerminal(raw: string): string | undefined {
  const whole = raw.slice(Math.max(0, raw.indexOf('\u001b')));
  // What the cockpit copies is base64, and may contain any letters; a hostile clipboard is exactly this one.
  const own = [...whole.matchAll(sequence)].find(([all]) =>
    all.startsWith('\u001b]52;') ? /;UFdO\b/.test(all) : /1337|PWN/.test(all),
  );
  if (own) return JSON.stringify(own[0]);
  const last = whole.lastIndexOf('\u001b');
  const complete = whole.length - last < 40 ? whole.slice(0, last) : whole;
  return leakInText(complete.replace(sequence, '').replaceAll('\r', ''));
}
