// What lies above the screen: at the lower edge of the body, below a rule with its title, as high as it needs to be.
import type { State } from '../../store.ts';
import { environmentSays } from '../header.ts';
import { bold, columnsOf, dim, type Line, line, lineWidth, span } from '../line.ts';
import type { Row, Screen, Size } from '../screen.ts';
import { confirmEnd } from './confirm.ts';
import { formLines } from './form.ts';
import { helpLines } from './help.ts';
import { paletteLines } from './palette.ts';

/** The overlay's lines, at most `size.rows`; undefined when there is none. */
export function overlayLines(state: State, screen: Screen, row: Row | undefined, size: Size): Line[] | undefined {
  const { overlay } = state.ui;
  switch (overlay.kind) {
    case 'none':
      return undefined;
    case 'palette':
      return [dimRule(size.columns), ...paletteLines(state, overlay, { ...size, rows: size.rows - 1 })];
    case 'help':
      return scrolled('keys', helpLines(state, screen, row ? { row } : {}), [], overlay.top, state, size);
    case 'details':
      return scrolled(overlay.title, overlay.lines(state, size.columns - 2), [], overlay.top, state, size);
    case 'confirm': {
      const lines = overlay.ask.lines(state, size.columns - 4).map((l) => line('  ', l));
      return scrolled(overlay.ask.title, lines, confirmEnd(state, overlay), overlay.top, state, size);
    }
    case 'form':
      return scrolled(overlay.form.title, formLines(state, overlay, size.columns - 4), [], 0, state, size);
  }
}

function scrolled(
  title: string,
  lines: readonly Line[],
  end: readonly Line[],
  top: number,
  state: State,
  { columns, rows }: Size,
): Line[] {
  const room = Math.max(1, rows - 2 - (end.length > 0 ? end.length + 1 : 0));
  const from = Math.min(top, Math.max(0, lines.length - room));
  const part = lines.slice(from, from + room);
  const more = lines.length > room ? dim(` ${from + 1}–${from + part.length} of ${lines.length} `) : undefined;
  return [
    titleRule(title, line(more, environmentSays(state)), columns),
    [],
    ...part,
    ...(end.length > 0 ? [[], ...end] : []),
  ];
}

function dimRule(columns: number): Line {
  return line(dim('─'.repeat(columns)));
}

function titleRule(title: string, right: Line, columns: number): Line {
  const rest = columns - columnsOf(title) - lineWidth(right) - 6;
  return line(dim('─ '), bold(title), ' ', dim('─'.repeat(Math.max(1, rest))), ' ', right, dim(' ─'));
}

/** The footer while an overlay is open; undefined when there is none. */
export function overlayFooter(state: State): Line | undefined {
  const keys = (...pairs: readonly (readonly [string, string])[]) =>
    line(' ', ...pairs.flatMap(([key, title], i) => [i > 0 ? '  ' : undefined, span(key, 'key'), ` ${title}`]));
  switch (state.ui.overlay.kind) {
    case 'none':
      return undefined;
    case 'palette':
      return keys(['↑↓', 'choose'], ['enter', 'go'], ['esc', 'back']);
    case 'help':
    case 'details':
      return keys(['j k', 'scroll'], ['esc', 'back']);
    case 'confirm':
      return keys(['esc', 'cancel'], ['↑↓', 'scroll']);
    case 'form':
      return keys(['enter', 'next'], ['tab', 'complete'], ['↑↓', 'choose'], ['esc', 'cancel']);
  }
}
