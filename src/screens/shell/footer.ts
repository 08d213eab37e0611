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

/** A key of the footer and what stands behind it. */
type Hint = { b: Binding; title: string };

/** From this rank on a key works on every screen: `a act`, `l logs`, `/ filter`. */
const general = 40;

/**
 * As many as fit, by rank; the last ones (back, commands, help) always. Where the title of one is too long for the room
 * that is left, it has its short one; where that is too long as well, a shorter key takes the room. Where that would be one
 * of the screen's own, the last ones make room for it.
 */
export function footer(bindings: readonly Binding[], here: Here, columns: number): Line {
  const ranked = bindings
    .filter((b) => b.footer !== undefined && !isIdle(b, here))
    .toSorted((a, b) => (a.footer ?? 0) - (b.footer ?? 0));
  const others = ranked.filter((b) => (b.footer ?? 0) < 80);
  const last = ranked.filter((b) => !others.includes(b)).map((b): Hint => ({ b, title: titleOf(b, here) }));
  const brief = last.map(({ b, title }): Hint => ({ b, title: b.brief ?? title }));
  const whole = fitting(others, here, columns, last);
  const isCut = others.some((b) => (b.footer ?? 0) < general && !whole.some((one) => one.b === b));
  const hints = isCut ? [...fitting(others, here, columns, brief), ...brief] : [...whole, ...last];
  return line(
    ' ',
    ...hints.flatMap(({ b, title }, i) => [
      i > 0 ? '  ' : undefined,
      ...clickable(hint(b, title, here), { press: b.keys[0] ?? '' }),
    ]),
  );
}

const keySays = ({ b, title }: Hint): string => `${showKey(b.keys[0] ?? '')}${title === '' ? '' : ` ${title}`}`;
const wide = (one: Hint): number => columnsOf(keySays(one)) + 2;

/** Those that have room beside the last ones. */
function fitting(others: readonly Binding[], here: Here, columns: number, last: readonly Hint[]): Hint[] {
  let room = columns + 1 - last.reduce((sum, one) => sum + wide(one), 0);
  return others.flatMap((b) => {
    const found = [titleOf(b, here), b.title].map((title): Hint => ({ b, title })).find((one) => wide(one) <= room);
    if (found) room -= wide(found);
    return found ?? [];
  });
}

/** Keys with nothing to act on are left out; they come and go with the list. */
function isIdle(b: Binding, here: Here): boolean {
  if (b.inFooter?.(here) === false) return true;
  return (b.silent === true || b.withRows === true) && b.unless?.(here) !== undefined;
}

function titleOf(b: Binding, here: Here): string {
  return b.titleFor?.(here) ?? b.title;
}

function hint(b: Binding, title: string, here: Here): Line {
  const key = showKey(b.keys[0] ?? '');
  if (b.unless?.(here) !== undefined) return line(dim(keySays({ b, title })));
  return title === '' ? line(span(key, 'key')) : line(span(key, 'key'), ` ${title}`);
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
