// The overlay: at the lower edge of the body, below a rule with its title, as high as its lines.
import { fitTitle } from '../../core/text/text.ts';
import type { Overlay, OverlayKind, State } from '../../store.ts';
import type { Here, Screen, Size } from '../screen.ts';
import { showKey } from '../shell/footer.ts';
import { environmentSays } from '../shell/header.ts';
import {
  bold,
  columnsOf,
  dim,
  firstFitting,
  fitLine,
  type Line,
  line,
  lineWidth,
  type Span,
  span,
  wrap,
} from '../toolkit/line.ts';
import { confirmEnd } from './confirm.ts';
import { type Fold, foldAt, unfolded } from './fold.ts';
import { asksHelp } from './form.ts';
import { formLines } from './form-lines.ts';
import { helpLines } from './help.ts';
import { paletteLines } from './palette.ts';
import { switchesEnd, switchesLines } from './switches.ts';

/** The lines of an overlay, and which part of its text they show. */
export type OverlayDrawn = { lines: Line[]; fold: Fold };

/** The overlay, at most `size.rows` high; undefined when there is none. */
export function overlayLines(at: Here, screen: Screen, size: Size): OverlayDrawn | undefined {
  const { state, row } = at;
  const { overlay } = state.ui;
  switch (overlay.kind) {
    case 'none':
      return undefined;
    case 'palette': {
      const lines = paletteLines(state, overlay, row, { ...size, rows: size.rows - 1 });
      return { lines: [line(dim('─'.repeat(size.columns))), ...lines], fold: unfolded };
    }
    case 'help':
      return scrolled(
        { title: 'keys', lines: helpLines(at, screen, overlay, size.columns), top: overlay.top },
        state,
        size,
      );
    case 'details': {
      const { title, top } = overlay;
      return scrolled({ title, lines: indented(overlay.lines(state, size.columns - 2)), top }, state, size);
    }
    case 'confirm':
      return confirmation(state, overlay, size);
    case 'switches': {
      const { lines, top } = switchesLines(overlay, state, size.columns, Math.max(1, size.rows - 4));
      return scrolled(
        { title: overlay.review.title, lines, end: (fold) => switchesEnd(overlay, state, fold), top },
        state,
        size,
      );
    }
    case 'form': {
      const lines = formLines(state, overlay, size.columns - 4);
      return scrolled({ title: overlay.form.title, lines, top: 0 }, state, size);
    }
  }
}

/** The blanks before a text below a rule. */
const margin = 2;

/** With a margin, where the lines have none of their own. */
function indented(lines: readonly Line[]): readonly Line[] {
  const texts = lines.map((each) => each.map(({ text }) => text).join('')).filter((text) => text.trim() !== '');
  const own = Math.min(margin, ...texts.map((text) => text.length - text.trimStart().length));
  const missing = ' '.repeat(margin - own);
  return missing === '' ? lines : lines.map((each) => line(missing, each));
}

/** The confirmation. Its title has its object; where it is too long for the rule, it is the first of its lines. */
function confirmation(state: State, overlay: Extract<Overlay, { kind: 'confirm' }>, size: Size): OverlayDrawn {
  const { ask, top } = overlay;
  const heading = ask.heading?.(state) ?? ask.title;
  const danger = ask.danger?.(state);
  const word = danger === undefined ? [] : line(span(danger, 'critical'), '  ');
  const room = size.columns - lineWidth(environmentSays(state)) - 8;
  const wide = (text: string) => lineWidth(word) + columnsOf(text);
  const title = [heading, ask.title].find((one) => wide(one) <= room) ?? '';
  const above = wide('') <= room;
  // What the rule has no room for stands above the text.
  const inner = above ? [] : [line('  ', ...word)];
  const long = title === heading ? [] : wholeTitle(heading, size.columns);
  const before = [...inner, ...long];
  const lines = [
    ...(before.length > 0 ? [...before, []] : []),
    ...ask.lines(state, size.columns - 4).map((l) => line('  ', l)),
  ];
  return scrolled(
    { title, word: above ? word : [], lines, end: (fold) => confirmEnd(state, overlay, size.columns, fold), top },
    state,
    size,
  );
}

type Text = {
  title: string;
  /** Before the title. */
  word?: Line;
  lines: readonly Line[];
  /** The lines below it, which do not scroll; as many wherever it is scrolled to. */
  end?(fold: Fold): readonly Line[];
  top: number;
};

const wholeTitle = (title: string, columns: number): readonly Line[] =>
  wrap(title, columns - 4).map((part) => line('  ', bold(part)));

/** What a rule has for its title. */
const titleRoom = (right: Line, columns: number): number => Math.max(1, columns - lineWidth(right) - 7);

/** Up to this height there is no blank line between the parts: they are needed for the text. */
const low = 12;

function scrolled(
  { title, word = [], lines: text, end = () => [], top }: Text,
  state: State,
  { columns, rows }: Size,
): OverlayDrawn {
  const gap: readonly Line[] = rows > low ? [[]] : [];
  const said = fitTitle(title, titleRoom(environmentSays(state), columns) - lineWidth(word));
  // Whole, where the rule has no room for it and the screen has.
  const lines = said === title || gap.length === 0 ? text : [...wholeTitle(title, columns), [], ...text];
  const below = end(unfolded).length;
  const room = Math.max(1, rows - 1 - gap.length - (below > 0 ? below + gap.length : 0));
  const fold = foldAt(top, room, lines.length);
  const part = lines.slice(fold.top, fold.top + room);
  const more = lines.length > room ? dim(` ${fold.top + 1}–${fold.top + part.length} of ${lines.length} `) : undefined;
  return {
    lines: [
      titleRule(line(word, said ? bold(said) : undefined), more, environmentSays(state), columns),
      ...gap,
      ...part,
      ...(below > 0 ? [...gap, ...end(fold)] : []),
    ],
    fold,
  };
}

/** The title gives way, and before it the position in the text; the environment never. */
function titleRule(title: Line, position: Span | undefined, environment: Line, columns: number): Line {
  const ample = columns - lineWidth(environment) - 7;
  const right = position && lineWidth([...title, position]) <= ample ? line(position, environment) : environment;
  const room = titleRoom(right, columns);
  const said = lineWidth(title) > room ? fitLine(title, room) : title;
  const rest = room + 1 - lineWidth(said);
  const gap = lineWidth(said) > 0 ? ' ' : '─';
  return line(dim('─ '), said, dim(gap), dim('─'.repeat(rest)), ' ', right, dim(' ─'));
}

/** `explains`: one of two keys of a field, the one that can be typed there does it. */
type Keys = readonly (readonly [keys: string, title: string, explains?: 'explains'])[];

/** The keys of each overlay; the footer and docs/keys.md derive from it. */
export const overlayKeys: Readonly<Record<Exclude<OverlayKind, 'none'>, Keys>> = {
  palette: [
    ['↑↓', 'choose'],
    ['enter', 'go'],
    ['esc', 'back'],
  ],
  help: [
    ['/', 'search'],
    ['j k', 'scroll'],
    ['esc', 'back'],
  ],
  details: [
    ['j k', 'scroll'],
    ['esc', 'back'],
  ],
  confirm: [
    ['esc', 'cancel'],
    ['↑↓ pgdn', 'scroll'],
  ],
  switches: [
    ['space', 'on or off'],
    ['enter', 'edit'],
    ['↑↓', 'choose'],
    ['esc', 'cancel'],
  ],
  form: [
    ['enter', 'next'],
    ['tab', 'complete'],
    ['↑↓', 'choose'],
    ['ctrl-e', 'editor'],
    ['←→', 'move'],
    ['ctrl-u', 'clear'],
    ['?', 'explain', 'explains'],
    ['ctrl-g', 'explain', 'explains'],
    ['esc', 'cancel'],
  ],
};

/** While one types what to search for. */
const searchKeys: Keys = [
  ['enter', 'apply'],
  ['esc', 'clear'],
];

/** In ASCII the arrows would read as ctrl and a letter. */
const nameOf = (key: string, { ui: { ascii } }: State): string =>
  ascii ? showKey(key).replace('↑↓', 'up/down') : showKey(key);

/** The footer while an overlay is open; undefined when there is none. */
export function overlayFooter(state: State, columns: number): Line | undefined {
  const { overlay } = state.ui;
  if (overlay.kind === 'none') return undefined;
  const keys =
    overlay.kind === 'form'
      ? formKeys(state, overlay)
      : overlay.kind === 'help' && overlay.typing
        ? searchKeys
        : overlayKeys[overlay.kind];
  const draw = (shown: Keys): Line =>
    line(
      ' ',
      ...shown.flatMap(([key, title], i) => [i > 0 ? '  ' : undefined, span(nameOf(key, state), 'key'), ` ${title}`]),
    );
  // The keys in the middle are left out first: the first one acts, the last one leaves.
  const fewer = keys.map((_, less) => draw([...keys.slice(0, keys.length - 1 - less), ...keys.slice(-1)]));
  return firstFitting(columns, ...fewer);
}

/** The keys that do something in the focused field. */
function formKeys(state: State, { form, at, values }: Extract<Overlay, { kind: 'form' }>): Keys {
  const asked = form.fields[at];
  const text = values[asked?.name ?? ''] ?? '';
  const choices = asked?.choices?.(state, values).length ?? 0;
  const explain = asked && asksHelp(asked, text) ? '?' : 'ctrl-g';
  const isLast = at === form.fields.length - 1;
  return overlayKeys.form.flatMap(([key, title, explains]) => {
    if (explains && key !== explain) return [];
    if ((key === 'tab' || key === '↑↓') && choices === 0) return [];
    if (key === 'ctrl-e' && !asked?.lines) return [];
    return [[key, key === 'enter' && isLast ? 'submit' : title] as const];
  });
}
