// The palette: every command, screen and resource, found by a few letters.

import { type ThemeName, themeNames } from '../../core/text/terminal-look.ts';
import { shortenings } from '../../core/text/text.ts';
import { bindingsOf } from '../../keymap.ts';
import { here, type Intent, type Overlay, placeAt, type State } from '../../store.ts';
import { incidentKeys } from '../incident/keys.ts';
import { entries, screens } from '../index.ts';
import type { Entry, Here, Row, Size } from '../screen.ts';
import { showKey } from '../shell/footer.ts';
import {
  bold,
  clickable,
  columnsOf,
  dim,
  firstFitting,
  fitLine,
  type Line,
  line,
  rowMarker,
  selectedLine,
  span,
  spread,
} from '../toolkit/line.ts';
import { memoize } from '../toolkit/memoize.ts';
import { field } from './field.ts';
import { thingEntries } from './palette-resources.ts';
import { nearestTo, search } from './search.ts';

type Item = Entry & { key?: string };
type Palette = Extract<Overlay, { kind: 'palette' }>;

const aboutThemes: Readonly<Record<ThemeName, string>> = {
  auto: 'dark or light, as the terminal is',
  dark: 'colors for a dark background',
  light: 'colors for a light background',
  'high-contrast': 'the strongest contrast',
  'colour-blind': 'blue and orange instead of green and red',
  mono: 'no colors',
};

/** All entries for a state: this screen's keys, other offers, every screen, the program's own commands. */
const items = memoize((state: State, row: Row | undefined): readonly Item[] => {
  const place = here(state);
  const screen = screens.find((s) => s.id === place.screen);
  const at: Here = { state, place, row };
  const bindings = (screen ? bindingsOf(screen, at) : []).filter((b) => !b.silent);
  const keys = bindings.map((b): Item => {
    const unless = b.unless?.(at);
    return {
      kind: 'key',
      id: `key/${b.id}`,
      title: b.title,
      about: b.about,
      also: b.also,
      key: b.keys[0] ?? '',
      run: unless === undefined ? b.run(at) : [],
      unless,
    };
  });
  const places = screens
    .filter((s) => s.palette !== undefined && s.id !== place.screen && !bindings.some((b) => b.leadsTo === s.id))
    .map(
      (s): Item => ({
        kind: 'screen',
        id: `screen/${s.id}`,
        title: s.palette ?? s.id,
        about: 'open this screen',
        also: s.also,
        run: [s.id === 'cockpit' ? { kind: 'home' } : { kind: 'open', screen: s.id }],
      }),
    );
  const program: Item[] = [
    ...themeNames.map(
      (theme): Item => ({
        kind: 'setting',
        id: `theme/${theme}`,
        title: `theme ${theme}`,
        about: aboutThemes[theme],
        also: 'color colour colors colours',
        run: [{ kind: 'theme', theme }],
      }),
    ),
    {
      kind: 'setting',
      id: 'glyphs',
      title: state.ui.ascii ? 'glyphs unicode' : 'glyphs ascii',
      about: state.ui.ascii ? 'draw symbols in Unicode' : 'draw symbols in ASCII, for a terminal that garbles them',
      also: 'ascii utf-8 unicode symbols garbled',
      run: [{ kind: 'glyphs', ascii: !state.ui.ascii }],
    },
    state.ui.bell
      ? {
          kind: 'setting',
          id: 'bell',
          title: 'mute the bell',
          about: 'turn off the sound for a worse status',
          also: 'silence sound',
          run: [{ kind: 'bell', on: false }],
        }
      : {
          kind: 'setting',
          id: 'bell',
          title: 'ring the bell',
          about: 'ring when the status gets worse',
          also: 'unmute sound',
          run: [{ kind: 'bell', on: true }],
        },
  ];
  const others = entries.flatMap(({ kind, of }) => of(state).map((entry): Item => ({ kind, ...entry })));
  const things = thingEntries(state);
  const suggested = new Set(others.filter(({ kind }) => kind === 'suggested').map(({ id }) => id));
  const all = [...others, ...ofIncident(at), ...places, ...keys, ...program, ...things];
  // What is suggested is listed once.
  return all.filter(({ kind, id }) => kind === 'suggested' || !suggested.has(id));
}, 1);

/** The keys of an open incident, on every other screen. */
function ofIncident(at: Here): readonly Item[] {
  const { state, place } = at;
  if (!state.incident || place.screen === 'incident') return [];
  const there: Here = { state, place: placeAt('incident') };
  return incidentKeys
    .filter((b) => !b.silent)
    .map((b): Item => {
      const unless = b.unless?.(there);
      const run: readonly Intent[] = [
        { kind: 'open', screen: 'incident' },
        ...(unless === undefined ? b.run(there) : []),
      ];
      return { kind: 'incident', id: `key/${b.id}`, title: b.title, about: b.about, also: b.also, run, unless };
    });
}

/** What matches, best first; everything when nothing was typed: what is suggested, then what was chosen lately. */
export const found = memoize((state: State, text: string, row?: Row): readonly Item[] => {
  const recent = state.ui.recent ?? [];
  const every = items(state, row);
  const pointed = every.filter(({ kind }) => kind === 'suggested').map(({ id }) => id);
  const all = search(every, text, [...pointed, ...recent]);
  if (text.trim() !== '' || recent.length === 0) return all;
  const suggested = all.filter(({ kind }) => kind === 'suggested');
  const again = recent.flatMap((id) => all.find((item) => item.id === id && item.kind !== 'suggested') ?? []);
  const before = new Set([...suggested, ...again]);
  return [...before, ...all.filter((item) => !before.has(item))];
}, 1);

/** What is listed: what matches, or what is nearest to it. */
export const listed = memoize((state: State, text: string, row?: Row): { all: readonly Item[]; isNear: boolean } => {
  const all = found(state, text, row);
  return all.length > 0 ? { all, isNear: false } : { all: nearestTo(items(state, row), text), isNear: true };
}, 1);

/** Where the marker stands: what comes and goes meanwhile moves it to no other entry. */
export function markedAt(all: readonly Item[], { at, on }: Palette): number {
  const now = on === undefined ? -1 : all.findIndex(({ id }) => id === on);
  return now >= 0 ? now : Math.max(0, Math.min(at, all.length - 1));
}

/** The entry under the marker where the marked one is gone: until a person has seen it, no key is meant for it. */
export function marksInstead(state: State, palette: Palette, row: Row | undefined): string | undefined {
  const { all } = listed(state, palette.text, row);
  const shown = all[markedAt(all, palette)]?.id;
  return palette.on === undefined || palette.on === shown ? undefined : shown;
}

/** The palette with the entry at `at` marked. */
export function marking(state: State, palette: Palette, row: Row | undefined): Palette {
  const { all } = listed(state, palette.text, row);
  return { ...palette, on: all[Math.min(palette.at, all.length - 1)]?.id };
}

/** Rows below the field, at most. */
const mostListed = 14;

export function paletteLines(state: State, palette: Palette, row: Row | undefined, { columns, rows }: Size): Line[] {
  const { all, isNear } = listed(state, palette.text, row);
  // One row for the field; the last one has the full description of the selected entry.
  const room = Math.max(1, Math.min(rows - (isNear ? 4 : 3), mostListed));
  const at = markedAt(all, palette);
  const from = Math.max(0, at - room + 1);
  const wide = Math.min(Math.max(0, ...all.map((item) => columnsOf(item.title))), Math.floor(columns * 0.56));
  const keysWide = 4;
  const kindWide = Math.max(0, ...all.map(({ kind = '' }) => kind.length)) + 2;
  const aboutWide = columns - wide - 5 - keysWide - kindWide;
  const shown = all.slice(from, from + room).map((item, i) => {
    const isHere = from + i === at;
    const says = aboutOf(item);
    const drawn = spread(
      line(
        isHere ? line(rowMarker, '  ') : '   ',
        ...fitLine(line(item.unless !== undefined ? dim(item.title) : isHere ? bold(item.title) : item.title), wide),
        '  ',
        span((item.kind ?? '').padEnd(kindWide), item.kind === 'suggested' ? 'accent' : 'dim'),
        ...(aboutWide > 8 ? fitLine(line(dim(says)), aboutWide) : []),
      ),
      item.key ? line(span(showKey(item.key), 'key'), ' ') : [],
      columns,
    );
    return clickable(isHere ? selectedLine(drawn) : drawn, { choice: item.id });
  });
  const marked = all[at];
  const whole = marked && columnsOf(aboutOf(marked)) > aboutWide ? aboutOf(marked) : '';
  const count = all.length > room ? dim(`${at + 1} of ${all.length} `) : dim(`${all.length} `);
  return [
    spread(line(span(' : ', 'accent'), field(palette.text, false, palette.behind)), line(count), columns),
    ...(isNear ? [line(dim(shown.length > 0 ? '   no match; the nearest:' : '   no match; esc goes back'))] : []),
    ...shown,
    // Whole clauses, where there is no room for all of it.
    firstFitting(columns, ...shortenings(whole).map((says) => line('   ', says))),
  ];
}

function aboutOf({ about, unless }: Item): string {
  return unless === undefined ? about : `not now: ${unless}`;
}

/** What a key does in the palette; undefined when it is text. */
export function paletteKey(
  state: State,
  palette: Palette,
  row: Row | undefined,
  key: string,
): readonly Intent[] | undefined {
  const { all } = listed(state, palette.text, row);
  const at = markedAt(all, palette);
  const to = (next: number): readonly Intent[] => [
    { kind: 'overlay', overlay: marking(state, { ...palette, at: Math.max(0, Math.min(all.length - 1, next)) }, row) },
  ];
  if (key === 'esc' || key === 'ctrl-c') return [{ kind: 'close' }];
  if (key === 'down' || key === 'ctrl-n' || key === 'tab') return to(at + 1);
  if (key === 'up' || key === 'ctrl-p' || key === 'shift-tab') return to(at - 1);
  if (key === 'pagedown') return to(at + 10);
  if (key === 'pageup') return to(at - 10);
  if (key !== 'enter') return undefined;
  const chosen = all[at];
  if (!chosen) return [];
  if (palette.on !== undefined && palette.on !== chosen.id)
    return [...to(at), { kind: 'notice', says: 'the marked entry is gone: choose again', verdict: 'unknown' }];
  if (chosen.unless !== undefined)
    return [{ kind: 'notice', says: `${chosen.title}: ${chosen.unless}`, verdict: 'unknown' }];
  return [{ kind: 'close' }, { kind: 'recent', id: chosen.id }, ...chosen.run];
}
