// Desktop notifications through the terminal: OSC 9 (iTerm2, WezTerm, kitty, Ghostty) and OSC 777 (urxvt, foot, VTE). Pure.
import { stripControl } from './text.ts';

export const notificationOptions = ['auto', 'osc9', 'osc777', 'bell', 'off'] as const;
export type NotificationOption = (typeof notificationOptions)[number];
export type NotificationWay = 'osc9' | 'osc777' | 'bell';

type Environment = Readonly<Record<string, string | undefined>>;

/** The way to notify; undefined: none. `auto` notifies only through terminals that are known to take it. */
export function notificationWay(option: NotificationOption, environment: Environment): NotificationWay | undefined {
  if (option === 'off') return undefined;
  if (option !== 'auto') return option;
  const { TERM = '', TERM_PROGRAM = '', LC_TERMINAL = '' } = environment;
  // Within tmux TERM and TERM_PROGRAM are tmux's own: what the terminal set beside them stays.
  const isOsc9 =
    /^(iTerm\.app|WezTerm|ghostty)$/i.test(TERM_PROGRAM) ||
    LC_TERMINAL === 'iTerm2' ||
    /kitty|ghostty|wezterm/.test(TERM) ||
    [environment.KITTY_WINDOW_ID, environment.WEZTERM_PANE, environment.GHOSTTY_RESOURCES_DIR].some(Boolean);
  if (isOsc9) return 'osc9';
  return /^(foot|rxvt-unicode)/.test(TERM) || environment.VTE_VERSION ? 'osc777' : undefined;
}

/** Letters, figures and plain punctuation: nothing that ends a sequence, separates its parts or is mark-up on a desktop. */
const plain = (text: string, longest: number): string =>
  stripControl(text, 1000)
    .replace(/[^\p{L}\p{N} .,:%/()+-]/gu, ' ')
    .replace(/ {2,}/g, ' ')
    .trim()
    .slice(0, longest);

/** Hands a sequence through tmux (allow-passthrough on) and GNU screen. */
function passedOn(sequence: string, { TMUX, STY, TERM = '' }: Environment): string {
  if (STY) return `\u001bP${sequence}\u001b\\`;
  if (TMUX === undefined && !TERM.startsWith('tmux')) return sequence;
  return `\u001bPtmux;${sequence.replaceAll('\u001b', '\u001b\u001b')}\u001b\\`;
}

/** What is written to the terminal. */
export function notificationSequence(
  way: NotificationWay,
  { title, text }: { title: string; text: string },
  environment: Environment,
): string {
  if (way === 'bell') return '\u0007';
  // A word comes first: ConEmu and Windows Terminal take `9;4;…` for a progress bar.
  const [head, body] = [plain(title, 60) || 'bentham', plain(text, 200)];
  const osc = way === 'osc9' ? `\u001b]9;${head}: ${body}\u0007` : `\u001b]777;notify;${head};${body}\u0007`;
  return passedOn(osc, environment);
}
