// The screen as Ink draws it: one preformatted row of text per row of the terminal, and the only keyboard handler.
import { Box, Text, useApp, useInput, useIsScreenReaderEnabled, usePaste, useWindowSize } from 'ink';
import { Table } from 'ink-table';
import { memo, useCallback, useEffect, useInsertionEffect, useMemo, useRef, useSyncExternalStore } from 'react';
import type { Command } from './engine/protocol.ts';
import { afterEditing } from './screens/overlays/form.ts';
import { withName } from './screens/overlays/name.ts';
import { marking, marksInstead } from './screens/overlays/palette.ts';
import type { Size } from './screens/screen.ts';
import { dispatchKey, looksPasted, paste } from './screens/shell/dispatch-key.ts';
import { type Frame, footerRows, frame, isTooSmall } from './screens/shell/frame.ts';
import { DrawnLately, type MouseReport, mouseIntents, type Pressed, pressedOn } from './screens/shell/mouse.ts';
import { paced, still } from './screens/shell/pace.ts';
import { reduce } from './screens/shell/reducer.ts';
import { seeing } from './screens/shell/seen.ts';
import { keysOf } from './screens/shell/terminal-keys.ts';
import { painter } from './screens/toolkit/ansi.ts';
import { lazily, memoize } from './screens/toolkit/memoize.ts';
import { themeOf } from './screens/toolkit/themes.ts';
import type { CockpitStore, Intent, State } from './store.ts';

/** Gives the terminal back as it was while `away` is pending. */
export type Release = (away: () => Promise<void>) => Promise<void>;

/** What the screen needs from outside. */
export type Ports = {
  send(command: Command): void;
  /** Copies a text to the clipboard of the user's terminal; returns how it was sent. */
  copy(text: string): Promise<string | { refused: string }>;
  /** Clears and redraws: after a resize, and on Ctrl+L. */
  redraw(): void;
  /** Suspends the program until the shell resumes it. */
  suspend(): void;
  /** Hands the terminal to the program that renews a login, until it ends. */
  signIn(offer: Extract<Intent, { do: 'sign-in' }>['offer']): void;
  /** Hands the terminal to the person's editor; gives the written text, or why there is none. */
  edit(text: string): Promise<string | { failed: string }>;
  /** Takes what gives the terminal away until a promise resolves, and then draws everything again. */
  lend(release: Release): void;
  /** Takes what reads the mouse. */
  mouse(listener: (report: MouseReport) => void): void;
  /** What draws rows past Ink; absent where Ink draws all of them. */
  rows?: {
    /** Draws all rows of the screen; false where only Ink can. */
    draw(rows: readonly string[]): boolean;
    /** What Ink draws next is no older than what was drawn past it. */
    committed(): void;
  };
  quit(): void;
  /** Milliseconds of a clock that only goes forward: how close together keys came. */
  now(): number;
  /** How many the terminal has. */
  colours: Parameters<typeof themeOf>[1];
};

/** A frame is made once for each state and size, whether a key or the drawing asks for it first. */
const frameAt = memoize((state: State, columns: number, rows: number) => frame(state, { columns, rows }), 2);

/** What a key was pressed on; made only for keys that ask for it, as those that write a text do not. */
function seenAt(state: State, size: Size): Frame {
  const seen = () => frameAt(state, size.columns, size.rows);
  return isTooSmall(size) ? seen() : lazily(seen, { tooSmall: undefined });
}

/**
 * How long the marker rests on a row before its detail is asked for, or the row counts as seen, in ms: longer than a held
 * key repeats.
 */
const rests = 300;

/** Pieces of one paste come closer together than this, in ms; a finger needs longer. */
const pieceGap = 60;

/** The keys that confirm. */
const answers: readonly string[] = ['y', 'enter'];

/** What tells the detail beside a list from another. */
const namesOf = (beside: Frame['beside']): string | undefined => beside && JSON.stringify([beside.screen, beside.of]);

const Row = memo(({ text }: { text: string }) => (
  <Box flexShrink={0} height={1}>
    <Text wrap="truncate">{text || ' '}</Text>
  </Box>
));
Row.displayName = 'Row';

/** The newest state. Ink draws again when it changes, but for changes that were drawn past it. */
function useNewest(store: CockpitStore, drawsPastInk: (state: State, before: State) => boolean): State {
  const draws = useRef(drawsPastInk);
  draws.current = drawsPastInk;
  const seen = useRef(store.getState());
  const past = useRef<State>(undefined);
  const subscribe = useCallback(
    (changed: () => void) =>
      store.subscribe((state, before) => {
        if (draws.current(state, before)) past.current = state;
        else changed();
      }),
    [store],
  );
  useSyncExternalStore(subscribe, () => {
    const state = store.getState();
    if (state !== past.current) seen.current = state;
    return seen.current;
  });
  return store.getState();
}

export function App({ store, ports }: { store: CockpitStore; ports: Ports }) {
  const { columns, rows } = useWindowSize();
  const hasScreenReader = useIsScreenReaderEnabled();
  const size = useRef<Size>({ columns, rows });
  const paint = useMemo(painter, []);
  const drawnLately = useMemo(() => new DrawnLately(rests), []);
  const state = useNewest(store, (after, before) => {
    // A key, and what only time marks in the palette, go through Ink.
    if (!ports.rows || hasScreenReader || after.ui !== before.ui || after.ui.overlay.kind === 'palette') return false;
    const next = frameAt(after, size.current.columns, size.current.rows);
    const { lines, table, beside } = next;
    if (table || tree.current.table || namesOf(beside) !== tree.current.about) return false;
    // Another row under the marker: from when on it counts as seen, the tree says.
    const sees = seeing(after, next);
    if (sees?.row !== tree.current.sees?.row || sees?.rests !== tree.current.sees?.rests) return false;
    const theme = themeOf(after.ui.theme, ports.colours, after.ui.ground);
    if (!ports.rows.draw(paint(lines, theme))) return false;
    drawnLately.add(lines, ports.now());
    latest.current = beside;
    return true;
  });
  useInsertionEffect(() => ports.rows?.committed());
  const { suspendTerminal } = useApp();

  useEffect(() => {
    const changed = size.current.columns !== columns || size.current.rows !== rows;
    size.current = { columns, rows };
    if (changed) ports.redraw();
  }, [columns, rows, ports]);

  const perform = useMemo(
    () => (intents: readonly Intent[]) => {
      for (const intent of withName(store.getState(), intents)) {
        const before = store.getState();
        const list = lazily(() => seenAt(before, size.current).list);
        const after = reduce(before, intent, list);
        if (after !== before) store.setState(after);
        if (intent.kind === 'send') ports.send(intent.command);
        if (intent.kind === 'copy') {
          const says = `copied: ${intent.what}`;
          perform([{ kind: 'notice', says }]);
          const shown = store.getState().ui.notice;
          void ports.copy(intent.text).then((way) => {
            if (typeof way === 'object')
              return perform([{ kind: 'notice', says: `not copied: ${way.refused}`, verdict: 'warning' }]);
            // Not over what was said since.
            if (way && store.getState().ui.notice === shown) perform([{ kind: 'notice', says: `${says}${way}` }]);
          });
        }
        if (intent.kind === 'terminal') {
          if (intent.do === 'redraw') ports.redraw();
          if (intent.do === 'quit') ports.quit();
          if (intent.do === 'suspend') ports.suspend();
          if (intent.do === 'sign-in') ports.signIn(intent.offer);
          if (intent.do === 'edit')
            void ports.edit(intent.text).then((written) => perform(afterEditing(store.getState(), intent, written)));
        }
      }
    },
    [store, ports],
  );
  useEffect(() => ports.lend(suspendTerminal), [ports, suspendTerminal]);

  const pasted = (text: string) => {
    const now = store.getState();
    return paste(now, text, frameAt(now, size.current.columns, size.current.rows).row);
  };
  const pastedAt = useRef(Number.NEGATIVE_INFINITY);
  const typedAt = useRef(Number.NEGATIVE_INFINITY);
  const pace = useRef(still);
  useInput((input, key) => {
    // A terminal that does not mark pasted text hands it on in pieces, the last one of any length.
    const at = ports.now();
    if (key.eventType === 'release') return;
    drawnLately.forget();
    // Ink cuts ^C out of what it came with: it is one key only where nothing came just before or behind it.
    if (key.ctrl && input === 'c') {
      const among = at - typedAt.current < pieceGap;
      queueMicrotask(() => {
        const now = store.getState();
        const seen = seenAt(now, size.current);
        perform(dispatchKey(now, seen, 'ctrl-c', !among && typedAt.current < at));
      });
      return;
    }
    if (!key.escape) typedAt.current = at;
    if (looksPasted(store.getState(), input) || at - pastedAt.current < pieceGap) {
      pastedAt.current = at;
      perform(pasted(key.return ? ' ' : input));
      return;
    }
    const keys = keysOf(input, key);
    const { hurried, flood, ...now } = paced(pace.current, keys.join(' '), at);
    pace.current = now.pace;
    if (flood) return;
    // Esc goes with any key: it is what people press first.
    const together = keys.filter((each) => each !== 'esc').length > 1;
    for (const each of keys) {
      const alone = !together && !(hurried && answers.includes(each));
      const now = store.getState();
      const seen = seenAt(now, size.current);
      perform(dispatchKey(now, seen, each, alone));
    }
  });
  const pressedAt = useRef<Pressed>(undefined);
  useEffect(
    () =>
      ports.mouse((report) => {
        const now = store.getState();
        const seen = seenAt(now, size.current);
        if (report.kind !== 'press') drawnLately.forget();
        perform(mouseIntents(now, seen, report, pressedAt.current));
        if (report.kind === 'press') pressedAt.current = pressedOn(seen, report, drawnLately.seen(ports.now()));
        else if (report.kind === 'release') pressedAt.current = undefined;
      }),
    [ports, store, perform, drawnLately],
  );
  usePaste((text) => perform(pasted(text)));

  const theme = themeOf(state.ui.theme, ports.colours, state.ui.ground);
  const drawn = frameAt(state, columns, rows);
  const { lines, table, beside, row } = drawn;
  const { overlay } = state.ui;
  useEffect(() => drawnLately.add(lines, ports.now()), [drawnLately, lines, ports]);
  const sees = seeing(state, drawn);
  useEffect(() => {
    const row = sees?.row;
    if (row === undefined) return undefined;
    const look = () => perform([{ kind: 'seen', row }]);
    if (!sees?.rests) return look();
    const timer = setTimeout(look, rests);
    return () => clearTimeout(timer);
  }, [sees?.row, sees?.rests, perform]);
  const instead = overlay.kind === 'palette' ? marksInstead(state, overlay, row) : undefined;
  useEffect(() => {
    const marks = () => {
      const now = store.getState();
      const { row } = frameAt(now, size.current.columns, size.current.rows);
      const { overlay } = now.ui;
      if (overlay.kind === 'palette') perform([{ kind: 'overlay', overlay: marking(now, overlay, row) }]);
    };
    const timer = instead === undefined ? undefined : setTimeout(marks, rests);
    return () => clearTimeout(timer);
  }, [instead, store, perform]);
  // The detail beside a list asks a backend only where the marker rests: running through a list asks nothing.
  const about = namesOf(beside);
  const latest = useRef(beside);
  latest.current = beside;
  const tree = useRef({ about, table, sees });
  tree.current = { about, table, sees };
  useEffect(() => {
    const look = () => {
      const { ui } = store.getState();
      store.setState({ ui: { ...ui, beside: about === undefined ? undefined : latest.current } });
    };
    if (about !== undefined) {
      const timer = setTimeout(look, rests);
      return () => clearTimeout(timer);
    }
    if (store.getState().ui.beside) look();
    return undefined;
  }, [about, store]);
  // A row is its place on the screen.
  const rowNames = useMemo(() => Array.from({ length: rows }, (_, row) => `row ${row}`), [rows]);
  return (
    <Box width={columns} height={rows} flexDirection="column" overflow="hidden">
      {paint(lines, theme).map((each, row) =>
        !table || row < table.top || row >= rows - footerRows ? (
          <Row key={rowNames[row]} text={each} />
        ) : row === table.top ? (
          <Box
            key={rowNames[row]}
            height={rows - footerRows - table.top}
            flexShrink={0}
            overflow="hidden"
            marginLeft={1}
          >
            <Table data={[...table.data]} />
          </Box>
        ) : undefined,
      )}
    </Box>
  );
}
