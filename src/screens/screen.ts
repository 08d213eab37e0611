// What a screen is: a value. The frame draws it, moves in it and opens what its rows lead to (docs/screens.md).
import type { Target } from '../core/actions/action.ts';
import type { Query } from '../core/queries/query.ts';
import type { Intent, Place, State } from '../store.ts';
import type { Line } from './toolkit/line.ts';

export type Size = { readonly columns: number; readonly rows: number };

/** One row of a list. Rows are made for the whole list, lines only for what is visible. */
export type Row = {
  /** Stable while the thing exists; the marker and the scroll hold on to it. */
  id: string;
  /** What the filter searches; lower case is not needed. */
  text: string;
  /** Draws it, `columns` wide: longer lines are cut, and matches of the filter marked, by the frame. */
  draw(columns: number, selected: boolean): readonly Line[];
  /** How many lines `draw` gives; 1 if not said. */
  height?: number;
  /** What enter does. */
  opens?: Intent;
  /** What `y` copies; the id if not said. */
  copies?: { text: string; what: string };
  /** What `a` acts on, as fields of actions; `action` is the one that is meant first. Else what it opens says it. */
  target?: Target;
  /** What there was to do with it is done: a marker that no key has moved does not follow it, but stays with what is next. */
  isDone?: boolean;
};

/** Rows that are a part of more: the list scrolls on as other parts of it come. */
export type Window = {
  /** The number of the first row in the whole list; it stays the same while rows before it go. */
  offset: number;
  /** The index of the row that has the marker, where the selected one is not among the rows. */
  stands?: number;
  /** Where the marker is in the whole, for the title line: `812 of 51 204 kept`. */
  says?: string;
};

/** The list as it is filtered and drawn now. */
export type List = {
  rows: readonly Row[];
  /** How many rows are visible. */
  page: number;
  /** False: the keys scroll. */
  selectable: boolean;
  /** Of rows that are a part of more. */
  window?: Window;
  /** No row is marked before a key moves, and why. */
  unmarked?: string;
};

/** What a screen shows at one moment, before filter and scroll. */
export type View = {
  /** Beside the title: what it is about. */
  says?: Line;
  /** At the right edge of the title line: a count, or the age of what is old. */
  right?: Line;
  /** `says` tells how many rows of how many are shown: a pane needs no row for that. */
  isCounted?: boolean;
  /** Above the list; never scrolls. Column titles come last. */
  head?: readonly Line[];
  rows: readonly Row[];
  /** Absent: the rows are all there are. */
  window?: Window;
  /** False: a text to read; the keys scroll instead of selecting. */
  selectable?: boolean;
  /** No row is marked before a key moves, so that enter does nothing by chance; this is what enter says. */
  unmarked?: string;
  /** True: the rows have passed the filter already, and mark their matches themselves. */
  filtersItself?: boolean;
  /** Instead of the rows when there are none: something useful. */
  empty?: readonly Line[];
  /** Below the list: about the selected row, for instance. */
  foot?: readonly Line[];
};

/** A screen that lays itself out (the cockpit, the war room): the lines of its body, and its rows for moving only. */
export type Drawn = {
  body: readonly Line[];
  rows: readonly Row[];
  page: number;
  /** True: a row is marked from the start, the first one; otherwise not before a key moves. */
  marks?: boolean;
};

/** Column titles and their values. */
export type TableRow = Readonly<Record<string, string>>;

export type Screen = {
  id: string;
  /** As the title line says it: `pods`, `study study_abc123`. */
  title(place: Place, state: State): string;
  /** How the palette finds it; absent if the screen needs a subject. */
  palette?: string;
  /** Other words for it that find it too. */
  also?: string;
  /** The queries while it is open. */
  queries?(place: Place, state: State): readonly Query[];
  /** The names of its orders, first is the first shown; `s` goes round. `place.sort` is the index. */
  sorts?: readonly string[];
  /** Pure. `size` is the body's. Expensive lists are kept by the identity of what they are made from. */
  view?(state: State, place: Place, size: Size): View;
  draw?(state: State, place: Place, size: Size): Drawn;
  /** It needs the whole width: nothing is drawn beside it, and it is not drawn beside a list. */
  fullWidth?: true;
  /**
   * From 120 columns on: a side column instead of what the selected row opens. `columns`: its width, of the terminal's;
   * `draw` returns undefined where there is nothing to show.
   */
  aside?: { columns(total: number): number; draw(state: State, place: Place, size: Size): readonly Line[] | undefined };
  /** A small table that does not change, drawn with its lines below the head instead of rows. */
  table?(state: State): readonly TableRow[];
  keys?: readonly Binding[];
};

/** What a binding knows when its key is pressed. */
export type Here = {
  state: State;
  place: Place;
  /** The row with the marker. */
  row?: Row;
  /** The rows that can be moved in, as they are filtered now; absent in tests of a single key. */
  list?: List;
};

/** One key: the footer, the help, the palette and docs/keys.md derive from it. */
export type Binding = {
  /** Unique: `zoom`. */
  id: string;
  /** As `keyNames` writes them: `j`, `down`, `ctrl-d`, `enter`, `space`. The first is shown. */
  keys: readonly string[];
  /** The ids of the general bindings whose keys this one takes on its screen. */
  instead?: readonly string[];
  /** A word or two, for the footer: `zoom`. */
  title: string;
  /** A sentence, for help and palette. */
  about: string;
  /** Other words for it, for the palette. */
  also?: string;
  /** The id of the screen that it opens: the palette lists that once. */
  leadsTo?: string;
  /** What it does to the selected row, in the footer instead of the title: `restart gateway`. */
  titleFor?(here: Here): string | undefined;
  /** Rank in the footer, low first; absent: not in the footer. */
  footer?: number;
  /** Its title in the footer where keys that the screen needs more would be left out; empty: the key alone. */
  brief?: string;
  /** False: left out of the footer now; of several keys only the one that is meant first stands there. */
  inFooter?(here: Here): boolean;
  /** Not offered by the palette: moving about. Left out of the footer while it does nothing. */
  silent?: boolean;
  /** Left out of the footer while it does nothing, like what is silent: it comes and goes with the rows. */
  withRows?: boolean;
  /** Only while this holds; else its keys mean here what they mean everywhere. */
  when?(at: Pick<Here, 'state' | 'place'>): boolean;
  /** Why it does nothing now. It is shown dim, with the reason. */
  unless?(here: Here): string | undefined;
  run(here: Here): readonly Intent[];
};

/** What an entry of the palette leads to, in a word beside it. */
export type EntryKind =
  | 'action'
  | 'backend'
  | 'deployment'
  | 'incident'
  | 'key'
  | 'log'
  | 'metric'
  | 'procedure'
  | 'screen'
  | 'setting'
  | 'shell'
  | 'sign-in'
  | 'study'
  | 'suggested'
  | 'surface'
  | 'tenant';

/** An entry of the palette beside screens and keys. */
export type Entry = {
  /** Default: that of its family. */
  kind?: EntryKind;
  /** What it is, whatever it is called now: `theme/dark`. The same for whatever does the same. */
  id: string;
  /** What is searched and shown: `restart api-gateway`. */
  title: string;
  about: string;
  /** Other words for it, separated by blanks, that find it too: `undo rollback`. */
  also?: string;
  unless?: string;
  run: readonly Intent[];
};
