// The only place where tones become escape sequences. Sixteen colours at most: every terminal and tmux has them.
import type { ThemeName } from '../../store.ts';
import { type Line, type Span, type Tone, textOf } from './line.ts';

/** SGR parameters of each tone; empty: the terminal's default. */
type Theme = Readonly<Record<Tone, string>>;

const attributes = { plain: '', dim: '2', bold: '1' } as const;

export const themes: Readonly<Record<ThemeName, Theme>> = {
  standard: {
    ...attributes,
    ok: '32',
    warning: '33',
    critical: '1;31',
    unknown: '35',
    accent: '1;36',
    environment: '1;97;44',
    unguarded: '30;46',
    drill: '1;30;43',
    match: '7',
    key: '36',
  },
  // Blue, yellow and bright reverse can be told apart with every common colour-vision deficiency.
  'colour-blind': {
    ...attributes,
    ok: '94',
    warning: '1;33',
    critical: '1;7',
    unknown: '4',
    accent: '1',
    environment: '1;97;44',
    unguarded: '30;47',
    drill: '1;30;43',
    match: '4;1',
    key: '1',
  },
  plain: {
    ...attributes,
    ok: '',
    warning: '1',
    critical: '1',
    unknown: '',
    accent: '1',
    environment: '1;7',
    unguarded: '1',
    drill: '1;7',
    match: '7',
    key: '1',
  },
};

/** One row with escape sequences. Adjacent spans of the same style share them. */
export function toAnsi(line: Line, theme: Theme): string {
  let painted = '';
  let look = '';
  for (const s of line) {
    const next = lookOf(s, theme);
    // Blanks look the same in every colour that has no background.
    if (next !== look && !(s.text.trim() === '' && !hasGround(next) && !hasGround(look))) {
      if (look) painted += '\u001b[0m';
      if (next) painted += `\u001b[${next}m`;
      look = next;
    }
    painted += s.text;
  }
  return look ? `${painted}\u001b[0m` : painted;
}

/** Bars and large letters: reversed, a full bar would look empty. */
const drawn = /^[\s·▀-█]+$/;

function lookOf(s: Span, theme: Theme): string {
  const own = theme[s.tone];
  const tone = isReverse(own) && drawn.test(s.text) ? '1' : own;
  return s.strong ? (tone ? `1;${tone}` : '1') : tone;
}

function isReverse(look: string): boolean {
  return /(^|;)7(;|$)/.test(look);
}

function hasGround(look: string): boolean {
  return /(^|;)(7|4|4\d|10\d)(;|$)/.test(look);
}

/** The theme to draw with: no colours with NO_COLOR (https://no-color.org; FORCE_COLOR overrides it). */
export function themeFor(name: ThemeName, environment: Readonly<Record<string, string | undefined>>): ThemeName {
  const forced = environment.FORCE_COLOR;
  if (forced === '0' || forced === 'false') return 'plain';
  if (forced === undefined && environment.NO_COLOR) return 'plain';
  return name;
}

/** A frame without colours, for tests and for copying. */
export function plainText(lines: readonly Line[]): string {
  return lines.map((l) => textOf(l).trimEnd()).join('\n');
}
