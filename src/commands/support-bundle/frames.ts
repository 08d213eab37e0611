// The first screen as text, drawn from a world. The one place beside the cockpit that draws; loaded when it is needed.
import { scopeOf } from '../../config/scope.ts';
import type { Settings } from '../../config/settings.ts';
import type { World } from '../../core/world/world.ts';
import { frame } from '../../screens/shell/frame.ts';
import { textOf } from '../../screens/toolkit/line.ts';
import { initialState } from '../../store.ts';

/** The rows of the screen without colours. */
export function firstScreen(settings: Settings, world: World, size: { columns: number; rows: number }): string {
  const state = { ...initialState(scopeOf(settings), world.now), world };
  return `${frame(state, size)
    .lines.map((row) => textOf(row).trimEnd())
    .join('\n')}\n`;
}
