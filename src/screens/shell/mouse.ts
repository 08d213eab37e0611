// What the mouse means where it points: a row, a pane, a key of the footer. Pure. It moves and opens; what changes
// anything is confirmed with keys alone.
import type { MouseReport } from '../../core/text/mouse.ts';
import { here, type Intent, type State } from '../../store.ts';
import { listed, markedAt, marking } from '../overlays/palette.ts';
import { columnsOf, type Line, type Target } from '../toolkit/line.ts';
import { dispatchKey } from './dispatch-key.ts';
import type { Frame } from './frame.ts';

export type { MouseReport };

/** Rows for one notch of the wheel. */
const notch = 3;

/** What a drag says: the terminal's own selection needs its modifier. */
const dragged: Intent = {
  kind: 'notice',
  says: 'to select text: shift-drag (macOS: option-drag), or ctrl-t turns the mouse off',
  verdict: 'unknown',
};

/** What is below a cell of the screen. */
function spotAt(lines: readonly Line[], column: number, row: number): Target | undefined {
  let from = 0;
  for (const s of lines[row] ?? []) {
    from += columnsOf(s.text);
    if (column < from) return s.spot;
  }
  return undefined;
}

/** The intents of a report. `down`: where the button went down; a click goes up where it went down. */
export function mouseIntents(
  state: State,
  seen: Frame,
  report: MouseReport,
  down: MouseReport | undefined,
): readonly Intent[] {
  if (report.kind === 'wheel-up' || report.kind === 'wheel-down') return wheel(state, seen, report);
  if (report.kind !== 'release' || !down) return [];
  if (down.row !== report.row || Math.abs(down.column - report.column) > 1) return [dragged];
  return click(state, seen, spotAt(seen.lines, report.column, report.row));
}

function click(state: State, seen: Frame, spot: Target | undefined): readonly Intent[] {
  const { overlay } = state.ui;
  if (!spot) return [];
  if (overlay.kind === 'palette' && spot.choice !== undefined)
    return spot.choice === markedAt(listed(state, overlay.text, seen.row).all, overlay)
      ? dispatchKey(state, seen, 'enter')
      : [{ kind: 'overlay', overlay: marking(state, { ...overlay, at: spot.choice }, seen.row) }];
  // A confirmation, a review or a form takes keys only.
  if (overlay.kind !== 'none') return [];
  if (spot.press !== undefined) return dispatchKey(state, seen, spot.press);
  const place = here(state);
  const elsewhere = spot.pane !== undefined && spot.pane !== place.pane;
  if (spot.row === undefined) return elsewhere ? [{ kind: 'home', pane: spot.pane }] : [];
  if (!elsewhere && seen.row?.id === spot.row) return dispatchKey(state, seen, 'enter');
  const select: Intent = { kind: 'select', row: spot.row };
  return elsewhere ? [{ kind: 'home', pane: spot.pane }, select] : [select];
}

function wheel(state: State, seen: Frame, { kind, column, row }: MouseReport): readonly Intent[] {
  const { overlay } = state.ui;
  const key = kind === 'wheel-up' ? 'up' : 'down';
  if (overlay.kind === 'none') {
    const pane = spotAt(seen.lines, column, row)?.pane;
    const focus: Intent[] = pane !== undefined && pane !== here(state).pane ? [{ kind: 'home', pane }] : [];
    const move: Intent = { kind: 'move', to: key === 'up' ? 'previous' : 'next' };
    return [...focus, ...Array.from({ length: notch }, () => move)];
  }
  // One step: the next one needs the overlay as this one leaves it.
  return overlay.kind === 'form' ? [] : dispatchKey(state, seen, key);
}
