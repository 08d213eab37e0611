// The help of a screen: its keys, and why a key is unavailable now.
import { bindingsOf, globalBindings, listBindings } from '../../keymap.ts';
import type { Binding, Here, Screen } from '../screen.ts';
import { showKey } from '../shell/footer.ts';
import { bold, dim, type Line, line, span, wrap } from '../toolkit/line.ts';

export function helpLines(help: Here, screen: Screen, columns: number): Line[] {
  // General keys that the screen uses itself are left out.
  const all = bindingsOf(screen, help);
  const among = (some: readonly Binding[]) => all.filter((b) => some.some((one) => one.id === b.id));
  const own = all.filter((b) => ![...listBindings, ...globalBindings].some((one) => one.id === b.id));
  const groups: readonly (readonly [string, readonly Binding[]])[] = [
    [screen.title(help.place, help.state), own],
    ['in a list', among(listBindings)],
    ['everywhere', among(globalBindings)],
  ];
  return groups
    .filter(([, some]) => some.length > 0)
    .flatMap(([title, some], i) => [
      ...(i > 0 ? [[]] : []),
      line(' ', bold(title)),
      ...some.flatMap((b) => keyLines(b, help, columns)),
    ]);
}

/** The width of the longest key names. */
const keysWide = 11;

function keyLines(b: Binding, at: Here, columns: number): Line[] {
  const keys = b.keys.map(showKey).join(' ').padEnd(keysWide);
  const why = b.unless?.(at);
  const now = b.titleFor?.(at);
  const about = now === undefined ? b.about : `${now}: ${b.about}`;
  const says = wrap(why === undefined ? about : `${about} (not now: ${why})`, columns - keysWide - 4);
  return says.map((part, i) => {
    const head = i === 0 ? keys : ' '.repeat(keysWide);
    return why === undefined ? line('   ', span(head, 'key'), ` ${part}`) : line(dim(`   ${head} ${part}`));
  });
}
