// A typed expression such as (a+)+$ can take years in a backtracking engine. RE2's automata take a time in
// proportion to the text; what they do not support (lookaround, backreferences) is reported.
import { RE2JS } from 're2js';

/** Finds matches in a text. */
export type Matcher = {
  test(text: string): boolean;
  /** Start and end of each match, at most `mostPlaces`, none empty. */
  places(text: string): readonly (readonly [number, number])[];
};

const mostPlaces = 100;
/** Characters of a text that are searched for matches: more than a screen shows. */
const marked = 4000;
/** Instructions of a compiled expression; one that a person types has some dozens. */
const largest = 1000;

/** A regular expression as JavaScript writes it, without its slashes; a text: why it cannot be used. */
export function expression(source: string, flags: string): Matcher | string {
  const known = { i: RE2JS.CASE_INSENSITIVE, s: RE2JS.DOTALL, m: RE2JS.MULTILINE } as const;
  const mode = Object.entries(known).reduce((all, [flag, bit]) => (flags.includes(flag) ? all | bit : all), 0);
  try {
    const compiled = RE2JS.compile(RE2JS.translateRegExp(source), mode);
    return compiled.programSize() > largest ? `/${source}/ is too large: lower its repeat counts` : automaton(compiled);
  } catch (error) {
    if (String(error).includes('invalid repeat count')) return `/${source}/ is too large: lower its repeat counts`;
    return unsupported.test(source)
      ? `/${source}/ uses lookaround or a backreference: not supported`
      : `/${source}/ is not a valid regular expression`;
  }
}

const unsupported = /\(\?(?:[=!]|<[=!])|\\[1-9]/;

/** A name in which `*` stands for anything and `?` for one character, whatever the case. */
export function wildcard(pattern: string): Matcher {
  const parts = pattern.split(/([*?])/).map((part) => (part === '*' ? '.*' : part === '?' ? '.' : RE2JS.quote(part)));
  return automaton(RE2JS.compile(`^(?:${parts.join('')})$`, RE2JS.CASE_INSENSITIVE | RE2JS.DOTALL));
}

/** The text itself, whatever its case. */
export function literal(text: string): Matcher {
  const source = text.replace(/[\\^$.*+?()[\]{}|/-]/g, '\\$&');
  const [once, all] = [new RegExp(source, 'i'), new RegExp(source, 'gi')];
  return {
    test: (within) => once.test(within),
    places: (within) => {
      const found: [number, number][] = [];
      for (const match of within.slice(0, marked).matchAll(all)) {
        if (match[0] !== '') found.push([match.index, match.index + match[0].length]);
        if (found.length >= mostPlaces) break;
      }
      return found;
    },
  };
}

function automaton(compiled: RE2JS): Matcher {
  return {
    test: (text) => compiled.test(text),
    places: (text) => {
      // Finding where costs more than finding whether.
      if (!compiled.test(text)) return [];
      const found: [number, number][] = [];
      const matcher = compiled.matcher(text.slice(0, marked));
      while (found.length < mostPlaces && matcher.find())
        if (matcher.end() > matcher.start()) found.push([matcher.start(), matcher.end()]);
      return found;
    },
  };
}
