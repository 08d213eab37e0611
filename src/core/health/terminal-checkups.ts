// What `doctor` finds about the terminal: what it can show, as its environment says, and what to change. Pure.
import { coloursOf, type Display, displayOf, localeOf, smallestTerminal, whyAscii } from '../text/terminal-look.ts';
import type { Checkup } from './checkup.ts';

/** The layouts and the runbook's drawings are made for this size; smaller ones show less. In columns and rows. */
const usual = { columns: 80, rows: 24 } as const;

/** tmux waits this long for the rest of a sequence before it hands Esc on: its default until 3.5. In ms. */
const slowEscape = 100;

/** A tmux server as its formats describe it (`escape-time` in ms, `set-clipboard` on, external or off). */
export type Tmux = { version: string; escapeTime: number; clipboard: string; mouse: boolean };

export type TerminalFacts = {
  environment: Readonly<Record<string, string | undefined>>;
  /** In columns and rows; undefined: standard output is not a terminal. */
  size: { columns: number; rows: number } | undefined;
  display: Display;
  /** The tmux around it; `silent`: it did not answer. */
  tmux?: Tmux | 'silent';
};

const area = 'terminal';
type Verdict = Pick<Checkup, 'verdict' | 'answer' | 'todo'>;
const ok = (answer: string, todo?: string): Verdict => ({ verdict: 'ok', answer, todo });
const limited = (answer: string, todo: string): Verdict => ({ verdict: 'warning', answer, todo });

/** One row for each thing that decides how the screen looks. Without a terminal there is nothing to judge. */
export function terminalCheckups(facts: TerminalFacts): readonly Checkup[] {
  const { size } = facts;
  if (!size) return [{ area, what: 'terminal', ...ok('no terminal; not checked') }];
  return [
    { area, what: 'TERM', ...typeOf(facts) },
    { area, what: 'UTF-8', ...letters(facts) },
    { area, what: 'colors', ...colours(facts) },
    { area, what: 'theme', ...theme(facts) },
    { area, what: 'size', ...room(size) },
    ...(facts.tmux === undefined ? [] : [{ area, what: 'tmux', ...multiplexer(facts.tmux, facts.display) }]),
  ];
}

function typeOf({ environment: { TERM = '' } }: TerminalFacts): Verdict {
  const todo = 'set TERM to the type of your terminal: export TERM=xterm-256color';
  if (TERM === '') return limited('TERM is not set', todo);
  if (TERM === 'dumb') return limited('TERM=dumb: the cockpit cannot open; status, run and doctor work', todo);
  return ok(TERM);
}

function letters({ environment, display: { glyphs } }: TerminalFacts): Verdict {
  const why = whyAscii(environment);
  const { variable, value } = localeOf(environment);
  const locale = value === '' ? 'no locale set' : `${variable}=${value}`;
  if (glyphs === 'ascii') return ok('ASCII symbols (display.glyphs)');
  const says = why === 'locale' ? `${locale}, not UTF-8` : `TERM=${environment.TERM} has ASCII only`;
  const todo = why === 'locale' ? `export ${variable}=C.UTF-8` : 'connect from a terminal with UTF-8';
  if (why === undefined) return ok(locale);
  if (glyphs === 'unicode') return limited(`${says}: symbols may be unreadable`, `${todo}, or use --ascii`);
  return limited(`${says}: symbols are drawn in ASCII`, todo);
}

function colours({ environment, display }: TerminalFacts): Verdict {
  const count = coloursOf(environment);
  if (display.theme === 'mono' || display.theme === 'plain') return ok('none (theme mono)');
  if (count === 256) return ok('256');
  const todo = 'if your terminal has 256: export TERM=xterm-256color (in tmux: set -g default-terminal tmux-256color)';
  if (count === 16) return ok('16', todo);
  const { NO_COLOR, FORCE_COLOR, TERM = '' } = environment;
  if (FORCE_COLOR !== undefined) return ok(`none (FORCE_COLOR=${FORCE_COLOR})`);
  if (NO_COLOR) return ok('none (NO_COLOR is set)');
  return limited(`none: TERM=${TERM}`, 'if your terminal has colors: export TERM=xterm-256color');
}

function theme({ environment, display }: TerminalFacts): Verdict {
  const { theme: name, ground } = displayOf(display, environment);
  if (name === 'mono') return ok(name);
  const origin = environment.COLORFGBG ? `COLORFGBG=${environment.COLORFGBG}` : 'the cockpit asks the terminal';
  if (name === 'dark' || name === 'light') return ok(`${name}, set`);
  return ok(`${name}, ${ground} background (${origin})`);
}

function room({ columns, rows }: { columns: number; rows: number }): Verdict {
  const says = `${columns}×${rows}`;
  if (columns < smallestTerminal.columns || rows < smallestTerminal.rows)
    return limited(
      `${says}; the cockpit needs ${smallestTerminal.columns}×${smallestTerminal.rows}`,
      'enlarge the window, or reduce the font size',
    );
  if (columns < usual.columns || rows < usual.rows)
    return limited(`${says}, less than ${usual.columns}×${usual.rows}: lists are shorter`, 'enlarge the window');
  return ok(says);
}

function multiplexer(tmux: Tmux | 'silent', { mouse }: Display): Verdict {
  if (tmux === 'silent') return limited('no answer', 'try it: tmux display-message -p "#{version}"');
  const changes = [
    tmux.escapeTime > slowEscape && ['esc is late', 'set -s escape-time 10'],
    tmux.clipboard === 'off' && ['copies stay in tmux', 'set -s set-clipboard on'],
    mouse && !tmux.mouse && ['no mouse', 'set -g mouse on'],
  ].filter((one) => one !== false);
  if (changes.length === 0) return ok(tmux.version);
  const says = changes.map(([what]) => what).join(', ');
  return limited(`${tmux.version}: ${says}`, `in ~/.tmux.conf: ${changes.map(([, set]) => set).join('; ')}`);
}
