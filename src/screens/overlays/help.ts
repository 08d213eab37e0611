// The help for here: every key that works on this screen, and why those that do not, do not.
import { bindingsOf, globalBindings, listBindings } from '../../bindings.ts';
import type { State } from '../../store.ts';
import { here } from '../../store.ts';
import { showKey } from '../footer.ts';
import { bold, dim, type Line, line, span } from '../line.ts';
import type { Binding, Here, Screen } from '../screen.ts';

export function helpLines(state: State, screen: Screen, at: Omit<Here, 'state' | 'place'>): Line[] {
  const help: Here = { state, place: here(state), ...at };
  const own = bindingsOf(screen).filter((b) => !listBindings.includes(b) && !globalBindings.includes(b));
  const groups: readonly (readonly [string, readonly Binding[]])[] = [
    [screen.title(help.place, state), own],
    ['in a list', listBindings],
    ['everywhere', globalBindings],
  ];
  return groups
    .filter(([, some]) => some.length > 0)
    .flatMap(([title, some], i) => [
      ...(i > 0 ? [[]] : []),
      line(' ', bold(title)),
      ...some.map((b) => keyLine(b, help)),
    ]);
}

function keyLine(b: Binding, at: Here): Line {
  const keys = b.keys.map(showKey).join(' ').padEnd(11);
  const why = b.unless?.(at);
  if (why !== undefined) return line(dim(`   ${keys} ${b.about}: not now, ${why}`));
  return line('   ', span(keys, 'key'), ` ${b.about}`);
}
