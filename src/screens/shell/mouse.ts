// What the mouse means where it points: a row, a pane, a key of the footer. Pure. It moves and opens; what changes
// anything is confirmed with keys alone.
import type { MouseReport } from '../../core/text/mouse.ts';
import type { Ms } from '../../core/time.ts';
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

/** Where the button went down, and on what. `hasShifted`: that came there too late to be what was aimed at. */
export type Pressed = MouseReport & { spot: Target | undefined; hasShifted: boolean };

/** `before`: what was drawn when the person aimed; undefined: the same, or what a key has brought. */
export function pressedOn({ lines }: Frame, at: MouseReport, before?: readonly Line[]): Pressed {
  const spot = spotAt(lines, at.column, at.row);
  return { ...at, spot, hasShifted: before !== undefined && !isSame(spot, spotAt(before, at.column, at.row)) };
}

/** What was drawn lately, since the last key. */
export class DrawnLately {
  readonly #span: Ms;
  #drawn: { lines: readonly Line[]; at: Ms }[] = [];

  /** `span`: how long ago a person saw what the button is meant for. */
  constructor(span: Ms) {
    this.#span = span;
  }

  add(lines: readonly Line[], now: Ms): void {
    if (this.#drawn.at(-1)?.lines !== lines) this.#drawn.push({ lines, at: now });
    while ((this.#drawn[1]?.at ?? now) <= now - this.#span) this.#drawn.shift();
  }

  /** What a key brings is meant at once. */
  forget(): void {
    this.#drawn = [];
  }

  /** What was seen when the person aimed; undefined where nothing had been drawn since the last key. */
  seen(now: Ms): readonly Line[] | undefined {
    return this.#drawn.findLast(({ at }) => at <= now - this.#span)?.lines;
  }
}

const shifted: Intent = { kind: 'notice', says: 'the list has just shifted; click again', verdict: 'unknown' };

/** The intents of a report. `down`: a click goes up where it went down, on what was there then. */
export function mouseIntents(
  state: State,
  seen: Frame,
  report: MouseReport,
  down: Pressed | undefined,
): readonly Intent[] {
  if (report.kind === 'wheel-up' || report.kind === 'wheel-down') return wheel(state, seen, report);
  if (report.kind !== 'release' || !down) return [];
  if (down.row !== report.row || Math.abs(down.column - report.column) > 1) return [dragged];
  const spot = spotAt(seen.lines, down.column, down.row);
  return isSame(spot, down.spot) && !down.hasShifted ? click(state, seen, spot) : [shifted];
}

const isSame = (a: Target | undefined, b: Target | undefined): boolean =>
  a?.pane === b?.pane && a?.row === b?.row && a?.choice === b?.choice && a?.press === b?.press;

function click(state: State, seen: Frame, spot: Target | undefined): readonly Intent[] {
  const { overlay } = state.ui;
  if (!spot) return [];
  if (overlay.kind === 'palette' && spot.choice !== undefined) {
    const { all } = listed(state, overlay.text, seen.row);
    const at = all.findIndex(({ id }) => id === spot.choice);
    return at === markedAt(all, overlay)
      ? dispatchKey(state, seen, 'enter')
      : [{ kind: 'overlay', overlay: marking(state, { ...overlay, at }, seen.row) }];
  }
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
