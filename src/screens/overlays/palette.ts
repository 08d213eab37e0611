// The palette: everything that can be done here, found by a few of its letters.
import fuzzysort from 'fuzzysort';
import { bindingsOf } from '../../bindings.ts';
import { here, type Intent, type Overlay, type State, type ThemeName } from '../../store.ts';
import { showKey } from '../footer.ts';
import { entries, screens } from '../index.ts';
import { kept } from '../kept.ts';
import { bold, dim, fitLine, type Line, line, span, spread } from '../line.ts';
import type { Entry, Here, Size } from '../screen.ts';
import { field } from './field.ts';

type Item = Entry & { key?: string };
type Palette = Extract<Overlay, { kind: 'palette' }>;

const themeNames: readonly ThemeName[] = ['standard', 'colour-blind', 'plain'];

/** All of it, as the state stands: this screen's keys, what others offer, every screen, the program's own. */
const items = kept((state: State): readonly Item[] => {
  const place = here(state);
  const screen = screens.find((s) => s.id === place.screen);
  const at: Here = { state, place };
  const keys = (screen ? bindingsOf(screen) : [])
    .filter((b) => !b.silent)
    .map((b): Item => {
      const unless = b.unless?.(at);
      return {
        title: b.title,
        about: b.about,
        key: b.keys[0] ?? '',
        run: unless === undefined ? b.run(at) : [],
        ...(unless === undefined ? {} : { unless }),
      };
    });
  const places = screens
    .filter((s) => s.palette !== undefined && s.id !== place.screen && !keys.some((k) => k.title === s.palette))
    .map(
      (s): Item => ({
        title: s.palette ?? s.id,
        about: 'open this screen',
        run: [s.id === 'cockpit' ? { kind: 'home' } : { kind: 'open', screen: s.id }],
      }),
    );
  const program: Item[] = [
    ...themeNames.map(
      (theme): Item => ({ title: `theme ${theme}`, about: 'colours', run: [{ kind: 'theme', theme }] }),
    ),
    state.ui.bell
      ? { title: 'mute the bell', about: 'no sound when it gets worse', run: [{ kind: 'bell', on: false }] }
      : { title: 'ring the bell', about: 'a sound when it gets worse', run: [{ kind: 'bell', on: true }] },
  ];
  return [...entries.flatMap((of) => of(state)), ...places, ...keys, ...program];
}, 1);

/** What matches, best first; everything when nothing was typed. */
export const found = kept((state: State, text: string): readonly Item[] => {
  const all = items(state);
  if (text.trim() === '') return all;
  return fuzzysort
    .go(text.trim(), all, {
      keys: ['title', 'about'],
      limit: 0,
      threshold: 0.2,
      scoreFn: (r) => Math.max(r[0]?.score ?? 0, (r[1]?.score ?? 0) * 0.6),
    })
    .map((r) => r.obj);
}, 1);

export function paletteLines(state: State, palette: Palette, { columns, rows }: Size): Line[] {
  const all = found(state, palette.text);
  const room = Math.max(1, Math.min(rows - 2, 14));
  const at = Math.min(palette.at, Math.max(0, all.length - 1));
  const from = Math.max(0, at - room + 1);
  const wide = Math.min(34, Math.floor(columns * 0.4));
  const listed = all.slice(from, from + room).map((item, i) => {
    const isHere = from + i === at;
    const title = fitLine(line(isHere ? bold(item.title) : item.title), wide);
    const about = item.unless === undefined ? dim(item.about) : span(`not now: ${item.unless}`, 'dim');
    const right = item.key ? line(span(showKey(item.key), 'key'), ' ') : [];
    return spread(
      line(
        isHere ? span(' ▶ ', 'accent') : '   ',
        item.unless === undefined ? title : title.map((s) => dim(s.text)),
        '  ',
        about,
      ),
      right,
      columns,
    );
  });
  const count = all.length > room ? dim(`${at + 1} of ${all.length} `) : dim(`${all.length} `);
  return [
    spread(line(span(' : ', 'accent'), field(palette.text)), line(count), columns),
    ...(listed.length > 0 ? listed : [line(dim('   nothing is called like that; esc goes back'))]),
  ];
}

/** What a key does in the palette; undefined when it is text. */
export function paletteKey(state: State, palette: Palette, key: string): readonly Intent[] | undefined {
  const all = found(state, palette.text);
  const at = Math.min(palette.at, Math.max(0, all.length - 1));
  const to = (next: number): readonly Intent[] => [
    { kind: 'overlay', overlay: { ...palette, at: Math.max(0, Math.min(all.length - 1, next)) } },
  ];
  if (key === 'esc' || key === 'ctrl-c') return [{ kind: 'close' }];
  if (key === 'down' || key === 'ctrl-n' || key === 'tab') return to(at + 1);
  if (key === 'up' || key === 'ctrl-p' || key === 'shift-tab') return to(at - 1);
  if (key === 'pagedown') return to(at + 10);
  if (key === 'pageup') return to(at - 10);
  if (key !== 'enter') return undefined;
  const chosen = all[at];
  if (!chosen) return [];
  if (chosen.unless !== undefined)
    return [{ kind: 'notice', says: `${chosen.title}: ${chosen.unless}`, verdict: 'unknown' }];
  return [{ kind: 'close' }, ...chosen.run];
}
