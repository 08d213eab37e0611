// The help of a screen: its keys, and why a key is unavailable now. What one does here comes first, moving about last.
import { bindingsOf, globalBindings, listBindings } from '../../keymap.ts';
import type { Intent, Overlay } from '../../store.ts';
import type { Binding, Here, Screen } from '../screen.ts';
import { showKey } from '../shell/footer.ts';
import { beside, bold, columnsOf, dim, highlight, type Line, line, span, wrap } from '../toolkit/line.ts';
import { editAt, field } from './field.ts';
import { type Fold, scrolling } from './fold.ts';

type Help = Extract<Overlay, { kind: 'help' }>;

/** Columns of text from these widths of the terminal on. */
const layouts: readonly (readonly [columns: number, side: number])[] = [
  [150, 3],
  [80, 2],
  [0, 1],
];

/** Blank columns between two columns of text. */
const gap = 2;

/** Lines that stay together: a title with its first key, or a key. */
type Block = readonly Line[];

/** The lines of the help, `columns` wide; with a search, only the keys that have all its words. */
export function helpLines(at: Here, screen: Screen, help: Help, columns: number): Line[] {
  const words = (help.search ?? '').toLowerCase().split(/\s+/).filter(Boolean);
  const groups = groupsOf(at, screen)
    .map(({ title, keys }) => ({ title, keys: keys.filter((b) => has(b, at, words)) }))
    .filter(({ keys }) => keys.length > 0);
  const [, side = 1] = layouts.find(([from]) => columns >= from) ?? [];
  const width = Math.floor((columns - gap * (side - 1)) / side);
  const blocks = groups.flatMap(({ title, keys }, group) => {
    const keysWide = Math.max(...keys.map((b) => columnsOf(keysSay(b))));
    return keys.map((b, i): Block => {
      const drawn = keyLines(b, at, width, keysWide).map((l) => words.reduce(highlight, l));
      if (i > 0) return drawn;
      return [...(group > 0 ? [[]] : []), line(' ', bold(title)), ...drawn];
    });
  });
  const found =
    blocks.length > 0 ? split(blocks, side, width) : [line(dim(' no key contains these words; esc clears'))];
  if (help.search === undefined) return found;
  const asked = help.typing ? field(help.search, false, help.behind) : line(help.search);
  return [line(' ', span('/ ', 'key'), asked), [], ...found];
}

/** The screen's own keys, those that work everywhere, those of lists. A general key that the screen uses itself is left out. */
function groupsOf(at: Here, screen: Screen): readonly { title: string; keys: readonly Binding[] }[] {
  const all = bindingsOf(screen, at);
  const among = (some: readonly Binding[]) => all.filter((b) => some.some((one) => one.id === b.id));
  const own = all.filter((b) => ![...listBindings, ...globalBindings].some((one) => one.id === b.id));
  // Opening and filtering are work, the rest of a list's keys and the panes' digits only move.
  const moves = (b: Binding) => b.silent === true && b.footer === undefined;
  const general = among(globalBindings);
  const list = among(listBindings);
  return [
    // What works now goes first.
    {
      title: screen.title(at.place, at.state),
      keys: [...own, ...list.filter((b) => !moves(b))].toSorted((a, b) => +isIdle(a, at) - +isIdle(b, at)),
    },
    { title: 'everywhere', keys: general.filter((b) => !moves(b)) },
    { title: 'move', keys: [...list.filter(moves), ...general.filter(moves)] },
  ];
}

const isIdle = (b: Binding, at: Here): boolean => b.unless?.(at) !== undefined;

const keysSay = ({ keys }: Binding): string => keys.map(showKey).join(' ');

function has(b: Binding, at: Here, words: readonly string[]): boolean {
  const text = [keysSay(b), b.title, b.titleFor?.(at), b.about, b.also, b.unless?.(at)].join(' ').toLowerCase();
  return words.every((word) => text.includes(word));
}

function keyLines(b: Binding, at: Here, columns: number, keysWide: number): Line[] {
  const keys = keysSay(b).padEnd(keysWide);
  const why = b.unless?.(at);
  const now = b.titleFor?.(at);
  const about = now === undefined ? b.about : `${now}: ${b.about}`;
  const says = wrap(why === undefined ? about : `${about} (not now: ${why})`, columns - keysWide - 3);
  return says.map((part, i) => {
    const head = i === 0 ? keys : ' '.repeat(keysWide);
    return why === undefined ? line(' ', span(head, 'key'), `  ${part}`) : line(dim(` ${head}  ${part}`));
  });
}

/** The blocks in `side` columns, one after the other, as even as they can be without parting a block. */
function split(blocks: readonly Block[], side: number, width: number): Line[] {
  const total = blocks.reduce((sum, block) => sum + block.length, 0);
  const columns: Line[][] = Array.from({ length: side }, () => []);
  let at = 0;
  let taken = 0;
  for (const block of blocks) {
    // A column is full where more of this block would stand beyond its share than within.
    if (at < side - 1 && taken + block.length / 2 > (total * (at + 1)) / side) at += 1;
    const column = columns[at] ?? [];
    // No blank above the first title of a column.
    column.push(...(column.length === 0 && block[0]?.length === 0 ? block.slice(1) : block));
    taken += block.length;
  }
  const rows = Math.max(...columns.map((lines) => lines.length));
  if (side === 1) return columns[0] ?? [];
  return beside(
    columns.map((lines) => ({ lines, width })),
    gap,
    rows,
  );
}

/** What a key does in the help. */
export function helpKey(help: Help, fold: Fold, key: string): readonly Intent[] {
  const show = (next: Partial<Help>): readonly Intent[] => [{ kind: 'overlay', overlay: { ...help, ...next } }];
  const cleared: readonly Intent[] = [{ kind: 'overlay', overlay: { kind: 'help', top: 0 } }];
  if (help.typing) {
    if (key === 'esc' || key === 'ctrl-c') return cleared;
    if (key === 'enter' || key === 'tab') return help.search ? show({ typing: false }) : cleared;
    if (key === 'down' || key === 'up') return show({ top: scrolling(fold, key, false) ?? help.top });
    const edited = editAt({ text: help.search ?? '', behind: help.behind ?? 0 }, key);
    return edited ? show({ search: edited.text, behind: edited.behind, top: 0 }) : [];
  }
  if (key === '/') return show({ search: help.search ?? '', typing: true });
  if (key === 'esc' && help.search !== undefined) return cleared;
  if (['esc', 'q', 'enter', '?', 'left', 'ctrl-c'].includes(key)) return [{ kind: 'close' }];
  const top = scrolling(fold, key, true);
  return top === undefined ? [] : show({ top });
}
