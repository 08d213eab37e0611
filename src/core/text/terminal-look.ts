// What a terminal can show, as its environment says: letters beyond ASCII, colours, a dark or a light ground. Pure.

/** The smallest terminal that the cockpit supports, in columns and rows. */
export const smallestTerminal = { columns: 60, rows: 15 } as const;

/** `auto`: dark or light, as the terminal's ground is. */
export const themeNames = ['auto', 'dark', 'light', 'high-contrast', 'colour-blind', 'mono'] as const;
export type ThemeName = (typeof themeNames)[number];

/** What auto and mono were called before. */
export const formerThemeNames = ['standard', 'plain'] as const;

/** The theme of a name, former names included. */
export function themeNamed(name: ThemeName | (typeof formerThemeNames)[number]): ThemeName {
  return name === 'standard' ? 'auto' : name === 'plain' ? 'mono' : name;
}

/** Whether the terminal's background is dark or light. */
export type Ground = 'dark' | 'light';

/** The options of the screen as a person gives them. */
export type Display = {
  theme: Parameters<typeof themeNamed>[0];
  glyphs: 'auto' | 'unicode' | 'ascii';
  bell: boolean;
  mouse: boolean;
};

/** The options of the screen, what is automatic decided by what the terminal's environment says. */
export function displayOf({ theme, glyphs, bell, mouse }: Display, environment: Environment) {
  const ascii = glyphs === 'auto' ? whyAscii(environment) !== undefined : glyphs === 'ascii';
  return { theme: themeNamed(theme), ground: groundOf(environment), ascii, bell, mouse };
}

type Environment = Readonly<Record<string, string | undefined>>;

/** How many colours: none, the sixteen that each terminal chooses itself, or the 256 with fixed values. */
export type Colours = 0 | 16 | 256;

/** Terminals without colours, by TERM: those that people still meet on serial consoles, and none at all. */
const withoutColours = /^(dumb|unknown|vt(52|100|102|220|320)|ansi-m|.*-m(ono)?)$/;
const manyColours = /256color|direct|kitty|alacritty|ghostty|wezterm|foot|iterm/i;

/** The colours to draw with. NO_COLOR (https://no-color.org) turns them off, FORCE_COLOR overrides it. */
export function coloursOf({ NO_COLOR, FORCE_COLOR, COLORTERM, TERM = '' }: Environment): Colours {
  if (FORCE_COLOR === '0' || FORCE_COLOR === 'false') return 0;
  if (FORCE_COLOR === undefined && (NO_COLOR || withoutColours.test(TERM))) return 0;
  const many = COLORTERM === 'truecolor' || COLORTERM === '24bit' || manyColours.test(TERM);
  return many || FORCE_COLOR === '2' || FORCE_COLOR === '3' ? 256 : 16;
}

/** The ground as COLORFGBG says it (rxvt, Konsole, iTerm2: `15;0`, `0;default;15`); dark where it says nothing. */
export function groundOf({ COLORFGBG = '' }: Environment): Ground {
  const last = COLORFGBG.split(';').at(-1) ?? '';
  return last === '7' || /^(9|1[0-5])$/.test(last) ? 'light' : 'dark';
}

/** Terminals that print what they do not understand of a question: the Linux console, and those before colours. */
const deaf = /^(|dumb|unknown|linux.*|cons\d+|ansi.*|vt\d+|screen.*)$/;

/** Whether the terminal can be asked for its colours (xterm's OSC 11). GNU screen hands no answer on; tmux answers itself. */
export function answersColours({ TERM = '', TMUX }: Environment): boolean {
  return TMUX !== undefined || !deaf.test(TERM);
}

/** The ground in a terminal's answer to OSC 11 (`11;rgb:ffff/ffff/ffff`); undefined where it is no such answer. */
export function groundIn(answer: string): Ground | undefined {
  const [, ...parts] = /^11;rgba?:([\da-f]{1,4})\/([\da-f]{1,4})\/([\da-f]{1,4})/i.exec(answer) ?? [];
  if (parts.length < 3) return undefined;
  const [red = 0, green = 0, blue = 0] = parts.map((part) => Number.parseInt(part, 16) / (16 ** part.length - 1));
  // Weights of BT.709.
  return 0.2126 * red + 0.7152 * green + 0.0722 * blue > 0.5 ? 'light' : 'dark';
}

/** The variable that sets the characters (POSIX: LC_ALL before LC_CTYPE before LANG), and its value. */
export function localeOf(environment: Environment): { variable: string; value: string } {
  const variable = ['LC_ALL', 'LC_CTYPE', 'LANG'].find((name) => environment[name]) ?? 'LANG';
  return { variable, value: environment[variable] ?? '' };
}

/**
 * Whether what a command prints is ASCII: on a terminal as on the screen; for a program or a file where the locale says
 * so. Where nothing names a locale (a container, cron), a program gets UTF-8.
 */
export function printsAscii(glyphs: Display['glyphs'], environment: Environment, isTerminal: boolean): boolean {
  if (glyphs !== 'auto') return glyphs === 'ascii';
  if (isTerminal) return whyAscii(environment) !== undefined;
  const { value } = localeOf(environment);
  return value !== '' && !/utf-?8/i.test(value);
}

/** Why the terminal gets ASCII only; undefined where it shows UTF-8. */
export function whyAscii(environment: Environment): 'locale' | 'terminal' | undefined {
  // The Linux console has a font of 256 glyphs; a VT100 none but ASCII.
  if (/^(linux|vt\d|cons\d|ansi)/.test(environment.TERM ?? '')) return 'terminal';
  return /utf-?8/i.test(localeOf(environment).value) ? undefined : 'locale';
}
