// Every screen in every theme and in ASCII: readable on its ground, as wide as the terminal, no glyph that escapes.
import { expect, test } from 'vitest';
import type { Run } from '../../src/core/actions/run.ts';
import { toAscii } from '../../src/core/text/ascii.ts';
import { asciiForms } from '../../src/core/text/glyphs.ts';
import { type Colours, type Ground, themeNames } from '../../src/core/text/terminal-look.ts';
import { width } from '../../src/core/text/text.ts';
import { planLines } from '../../src/screens/actions/lines.ts';
import { screens } from '../../src/screens/index.ts';
import { frame } from '../../src/screens/shell/frame.ts';
import { styleOf, toAnsi } from '../../src/screens/toolkit/ansi.ts';
import { hues, type Line, lineWidth, type Tone, textOf } from '../../src/screens/toolkit/line.ts';
import { memoize } from '../../src/screens/toolkit/memoize.ts';
import { themeOf } from '../../src/screens/toolkit/themes.ts';
import type { Overlay, State } from '../../src/store.ts';
import { colourOf, contrast } from '../support/colours.ts';
import { named, plannedRun, showing } from '../support/every-screen.ts';
import { pressing } from '../support/worlds.ts';

const sizes = [
  { columns: 60, rows: 15 },
  { columns: 80, rows: 24 },
  { columns: 120, rows: 40 },
  { columns: 200, rows: 50 },
];
const looks = themeNames.flatMap((name) =>
  ([0, 16, 256] as const).flatMap((colours) =>
    (['dark', 'light'] as const).map((ground) => ({ name, colours, ground })),
  ),
);

/** The grounds that people have: black, the pictures' own, editors' and Solarized. */
const grounds: Readonly<Record<Ground, readonly string[]>> = {
  dark: ['#000000', '#12151c', '#1e1e1e', '#002b36'],
  light: ['#ffffff', '#fafafa', '#fdf6e3'],
};

const fixedGround = (name: string, ground: Ground): Ground => (name === 'dark' || name === 'light' ? name : ground);

test.each(looks.filter(({ colours }) => colours > 0))(
  '$name, $colours colours, on $ground: every tone is readable, also on the bar of the selected row',
  (look) => {
    const theme = themeOf(look.name, look.colours, look.ground);
    const ground = fixedGround(look.name, look.ground);
    // Sixteen colours are the terminal's own: here xterm's, on the plainest of grounds.
    const papers = look.colours === 256 ? grounds[ground] : [ground === 'dark' ? '#000000' : '#ffffff'];
    const unreadable = (Object.keys(theme.styles) as Tone[]).flatMap((tone) =>
      papers.flatMap((under) =>
        [false, true].flatMap((selected) => {
          const { ink, paper } = colourOf(styleOf({ text: 'x', tone, selected }, theme), under);
          const ratio = contrast(ink, paper);
          return ratio >= (tone === 'dim' ? 3 : 4.5) ? [] : [{ tone, selected, ink, paper, ratio }];
        }),
      ),
    );
    expect(unreadable).toEqual([]);
  },
);

test('a word on a ground of its own ends where it ends, and keeps its width', () => {
  const theme = themeOf('high-contrast', 256, 'dark');
  const spans: Line = [
    { text: '●', tone: 'critical' },
    { text: ' CRITICAL  ', tone: 'critical' },
    { text: '  ', tone: 'critical' },
  ];
  const painted = toAnsi(spans, theme);
  expect(painted).toContain(`\u001b[${theme.styles.critical}mCRITICAL\u001b[0m`);
  expect(painted.replace(/\u001b\[[\d;]*m/g, '')).toBe(textOf(spans));
});

test('amber is armed, and nothing else: DRILL, read-only and production look different', () => {
  for (const { name, colours, ground } of looks) {
    const { styles } = themeOf(name, colours as Colours, ground);
    expect(new Set([styles.environment, styles.armed, styles.plain]).size).toBe(3);
    if (colours > 0 && name !== 'mono') expect(new Set([styles.drill, styles.armed, styles.environment]).size).toBe(3);
  }
});

test('no theme without colours has one, and NO_COLOR needs none', () => {
  for (const { name, ground } of looks) {
    const theme = themeOf(name, 0, ground);
    for (const tone of Object.keys(theme.styles) as Tone[])
      for (const selected of [false, true])
        expect(styleOf({ text: 'x', tone, selected }, theme)).toMatch(/^([147](;[147])*)?$/);
  }
});

const open = (state: State, overlay: Overlay): State => ({ ...state, ui: { ...state.ui, overlay } });

/** Each screen by itself, and with each overlay that needs no action. */
const states: readonly (readonly [string, State])[] = screens.flatMap(({ id }) => [
  [id, showing(id)] as const,
  [`${id}, its help`, open(showing(id), { kind: 'help', top: 0 })] as const,
  [`${id}, commands`, open(showing(id), { kind: 'palette', text: '', at: 0 })] as const,
  [`${id}, a row selected`, pressing(showing(id), { columns: 80, rows: 24 }, 'j')] as const,
]);

const inAscii = (state: State): State => ({ ...state, ui: { ...state.ui, ascii: true } });

test.each(sizes)('every screen fills $columns×$rows exactly, in ASCII with no other glyph', (size) => {
  for (const [name, state] of states) {
    const ascii = frame(inAscii(state), size).lines;
    for (const lines of [frame(state, size).lines, ascii]) {
      expect([name, lines.length]).toEqual([name, size.rows]);
      const uneven = lines.filter((each) => lineWidth(each) !== size.columns).map(textOf);
      expect([name, uneven]).toEqual([name, []]);
    }
    const escaped = ascii.map(textOf).filter((text) => !/^[\x20-\x7e]*$/.test(text));
    expect([name, escaped]).toEqual([name, []]);
  }
});

test('in ASCII no arrow of a footer reads as ctrl and a letter', () => {
  const typing = open(showing('cockpit'), { kind: 'palette', text: '', at: 0 });
  const last = (state: State) => frame(state, { columns: 80, rows: 24 }).lines.map(textOf).at(-1);
  expect(last(typing)).toContain('↑↓ choose');
  expect(last(inAscii(typing))).toContain('up/down choose');
});

const drawn = memoize(() =>
  sizes.flatMap((size) =>
    screens.flatMap(({ id }) => [showing(id), inAscii(showing(id))].flatMap((state) => frame(state, size).lines)),
  ),
);

test.each(looks)(
  '$name, $colours colours, on $ground: each screen has the same letters at each size, painted',
  (look) => {
    const theme = themeOf(look.name, look.colours, look.ground);
    const changed = drawn().filter((each) => toAnsi(each, theme).replace(/\u001b\[[\d;]+m/g, '') !== textOf(each));
    expect(changed.map(textOf)).toEqual([]);
  },
);

test('names in other scripts are as wide in ASCII, and nothing of them gets through', () => {
  for (const { id } of screens)
    for (const name of ['データベース', 'Datenbank-Größe', 'база', 'e\u0301t\u00e9 🚀', '½ × Ⅷ']) {
      const state = named(id, name);
      for (const [at, each] of frame(inAscii(state), { columns: 80, rows: 24 }).lines.entries()) {
        expect([id, name, at, width(textOf(each))]).toEqual([id, name, at, 80]);
        expect(textOf(each)).toMatch(/^[\x20-\x7e]*$/);
      }
    }
});

test('each glyph and its ASCII form take one column', () => {
  for (const [glyph, form] of Object.entries(asciiForms)) {
    expect([glyph, width(glyph)]).toEqual([glyph, 1]);
    expect([glyph, form]).toEqual([glyph, expect.stringMatching(/^[\x20-\x7e]$/)]);
  }
  expect(toAscii('Größe ø ⣿⠀┼ 日本')).toBe('Gro?e o # + ????');
});

test('armed on production is amber wherever the environment is said; read-only and a drill are not', () => {
  const size = { columns: 80, rows: 24 };
  const tonesOf = (state: State) =>
    frame(state, size)
      .lines[0]?.filter((s) => s.text.trim())
      .map((s) => s.tone) ?? [];
  const armed = showing('cockpit');
  expect(tonesOf(armed).slice(0, 2)).toEqual(['armed', 'armed']);
  const readOnly: State = { ...armed, arming: { state: 'read-only' } };
  expect(tonesOf(readOnly).slice(0, 2)).toEqual(['environment', 'dim']);
  const scope = { ...armed.world.scope, drill: 'api-outage' };
  expect(tonesOf({ ...readOnly, world: { ...readOnly.world, scope } }).slice(0, 2)).toEqual(['drill', 'environment']);
  const asking = pressing(armed, size, '?');
  expect(
    frame(asking, size)
      .lines.flat()
      .filter((s) => s.text.includes('PRODUCTION'))
      .map((s) => s.tone),
  ).toEqual(['armed', 'armed']);
});

test('in a log each pod has a colour of its own, the same in every frame, and only the message is bright', () => {
  const rows = frame(showing('logs'), { columns: 120, rows: 24 }).lines.filter((each) =>
    textOf(each).includes('request='),
  );
  const pods = rows.map((each) => each.find((s) => s.text.startsWith('8qk5p'))?.tone);
  expect(new Set(pods).size).toBe(1);
  expect(hues).toContain(pods[0]);
  for (const each of rows)
    for (const s of each) if (s.tone === 'plain') expect(s.text).toMatch(/^(request completed|Rate limited| *)$/);
});

test('the lines of kubectl diff in a plan are coloured, also where they wrap', () => {
  const impact = [
    'kubectl diff for production, 2 lines:',
    '-  image: api:2.41.0',
    `+  image: ${'api/'.repeat(30)}:2.41.1`,
    'Current: 3.',
  ];
  const run = { ...plannedRun, plan: { ...plannedRun.plan, impact } } as Run;
  const tones = planLines(run, showing('cockpit'), 80)
    .flat()
    .filter(({ text }) => /api|Current/.test(text));
  expect(tones.filter(({ text }) => text.includes('2.41.0')).map(({ tone }) => tone)).toEqual(['removed']);
  expect(tones.filter(({ text }) => text.includes('api/')).map(({ tone }) => tone)).toEqual(['added', 'added']);
  expect(tones.filter(({ text }) => text.includes('Current')).map(({ tone }) => tone)).toEqual(['plain']);
});

test('the selected row is one bar across the whole width, marked without colours too', () => {
  const size = { columns: 80, rows: 24 };
  const { lines } = frame(pressing(showing('pods'), size, 'j'), size);
  const bars = lines.filter((each) => each.some((s) => s.selected));
  expect(bars).toHaveLength(1);
  const [bar] = bars as [Line];
  expect(bar.every((s) => s.selected)).toBe(true);
  expect(textOf(bar)).toMatch(/^▌/);
  expect(lineWidth(bar)).toBe(80);
});
