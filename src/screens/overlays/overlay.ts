// The overlay: at the lower edge of the body, below a rule with its title, as high as its lines.
import { fit } from '../../core/text/text.ts';
import type { OverlayKind, State } from '../../store.ts';
import type { Here, Screen, Size } from '../screen.ts';
import { showKey } from '../shell/footer.ts';
import { environmentSays } from '../shell/header.ts';
import { bold, columnsOf, dim, type Line, line, lineWidth, span } from '../toolkit/line.ts';
import { confirmEnd } from './confirm.ts';
import { formLines } from './form.ts';
import { helpLines } from './help.ts';
import { paletteLines } from './palette.ts';
import { switchesEnd, switchesLines } from './switches.ts';

/** The overlay's lines, at most `size.rows`; undefined when there is none. */
export function overlayLines(at: Here, screen: Screen, size: Size): Line[] | undefined {
  const { state, row } = at;
  const { overlay } = state.ui;
  switch (overlay.kind) {
    case 'none':
      return undefined;
    case 'palette':
      return [dimRule(size.columns), ...paletteLines(state, overlay, row, { ...size, rows: size.rows - 1 })];
    case 'help':
      return scrolled('keys', helpLines(at, screen, size.columns), [], overlay.top, state, size);
    case 'details':
      return scrolled(overlay.title, overlay.lines(state, size.columns - 2), [], overlay.top, state, size);
    case 'confirm': {
      const lines = overlay.ask.lines(state, size.columns - 4).map((l) => line('  ', l));
      return scrolled(overlay.ask.title, lines, confirmEnd(state, overlay), overlay.top, state, size);
    }
    case 'switches': {
      const { lines, top } = switchesLines(overlay, size.columns, Math.max(1, size.rows - 4));
      return scrolled(overlay.review.title, lines, switchesEnd(overlay), top, state, size);
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
  // The title gives way, the environment never.
  const room = Math.max(1, columns - lineWidth(right) - 7);
  const said = columnsOf(title) > room ? fit(title, room) : title;
  const rest = room + 1 - columnsOf(said);
  return line(dim('─ '), bold(said), ' ', dim('─'.repeat(rest)), ' ', right, dim(' ─'));
}

type Keys = readonly (readonly [keys: string, title: string])[];

/** The keys of each overlay; the footer and docs/keys.md derive from it. */
export const overlayKeys: Readonly<Record<Exclude<OverlayKind, 'none'>, Keys>> = {
  palette: [
    ['↑↓', 'choose'],
    ['enter', 'go'],
    ['esc', 'back'],
  ],
  help: [
    ['j k', 'scroll'],
    ['esc', 'back'],
  ],
  details: [
    ['j k', 'scroll'],
    ['esc', 'back'],
  ],
  confirm: [
    ['esc', 'cancel'],
    ['↑↓', 'scroll'],
  ],
  switches: [
    ['space', 'on or off'],
    ['enter', 'edit'],
    ['↑↓', 'choose'],
    ['esc', 'cancel'],
  ],
  form: [
    ['enter', 'next'],
    ['tab', 'complete'],
    ['↑↓', 'choose'],
    ['←→', 'move'],
    ['ctrl-u', 'clear'],
    ['esc', 'cancel'],
  ],
};

/** The footer while an overlay is open; undefined when there is none. */
export function overlayFooter({ ui: { overlay } }: State): Line | undefined {
  if (overlay.kind === 'none') return undefined;
  const submits = overlay.kind === 'form' && overlay.at === overlay.form.fields.length - 1;
  const keys = overlayKeys[overlay.kind].map(([key, title]): readonly [string, string] => [
    showKey(key),
    submits && key === 'enter' ? 'submit' : title,
  ]);
  return line(' ', ...keys.flatMap(([key, title], i) => [i > 0 ? '  ' : undefined, span(key, 'key'), ` ${title}`]));
}
