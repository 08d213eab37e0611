// The footer: the keys that work here, from the one key table; what does not work now is dim.
import type { State } from '../../store.ts';
import type { Binding, Here } from '../screen.ts';
import { clickable, columnsOf, dim, fitLine, type Line, line, lineWidth, mark, span } from '../toolkit/line.ts';

/** Keys as people write them. */
const shown: Readonly<Record<string, string>> = {
  up: '↑',
  down: '↓',
  left: '←',
  right: '→',
  pagedown: 'PgDn',
  pageup: 'PgUp',
};

export function showKey(key: string): string {
  return shown[key] ?? key.replace(/^ctrl-/, '^');
}

/** As many as fit, by rank; the last ones (back, commands, help) always. */
export function footer(bindings: readonly Binding[], here: Here, columns: number): Line {
  const ranked = bindings.filter((b) => b.footer !== undefined).toSorted((a, b) => (a.footer ?? 0) - (b.footer ?? 0));
  const always = ranked.filter((b) => (b.footer ?? 0) >= 80 && !isIdle(b, here));
  const wide = (b: Binding) => columnsOf(`${showKey(b.keys[0] ?? '')} ${titleOf(b, here)}  `);
  let room = columns - 1 - always.reduce((sum, b) => sum + wide(b), 0) + 2;
  const chosen: Binding[] = [];
  for (const b of ranked) {
    if (always.includes(b) || isIdle(b, here)) continue;
    if (wide(b) > room) break;
    room -= wide(b);
    chosen.push(b);
  }
  return line(
    ' ',
    ...[...chosen, ...always].flatMap((b, i) => [
      i > 0 ? '  ' : undefined,
      ...clickable(hint(b, here), { press: b.keys[0] ?? '' }),
    ]),
  );
}

/** Keys with nothing to act on are left out; they come and go with the list. */
function isIdle(b: Binding, here: Here): boolean {
  if (b.inFooter?.(here) === false) return true;
  return (b.silent === true || b.withRows === true) && b.unless?.(here) !== undefined;
}

function titleOf(b: Binding, here: Here): string {
  return b.titleFor?.(here) ?? b.title;
}

function hint(b: Binding, here: Here): Line {
  const key = showKey(b.keys[0] ?? '');
  const title = titleOf(b, here);
  return b.unless?.(here) === undefined ? line(span(key, 'key'), ` ${title}`) : line(dim(`${key} ${title}`));
}

/** The rule above the footer; it shows the notice, so that the screen does not jump. */
export function lowerRule({ ui, world }: State, columns: number): Line {
  const { notice } = ui;
  if (!notice || notice.until <= world.now) return rule(columns);
  const all = line('─ ', notice.verdict === 'ok' ? undefined : line(mark(notice.verdict), ' '), notice.says);
  const said = fitLine(all, Math.min(columns - 2, lineWidth(all)));
  return line(said, ' ', dim('─'.repeat(Math.max(0, columns - lineWidth(said) - 1))));
}

export function rule(columns: number): Line {
  return line(dim('─'.repeat(Math.max(0, columns))));
}
