// The themes: the style of each tone.
import type { Ground, ThemeName } from '../../core/text/terminal-look.ts';
import {
  attributes,
  badges,
  black,
  type Depths,
  hues,
  ink,
  on,
  plainBar,
  type Styles,
  sixteenBadges,
  type Theme,
  white,
} from './theme-parts.ts';

const dark: Depths = {
  many: {
    styles: {
      ...attributes,
      ...badges,
      dim: ink(245),
      ok: ink(114),
      warning: ink(221),
      critical: `1;${ink(203)}`,
      unknown: ink(176),
      accent: `1;${ink(80)}`,
      match: on(black, 222),
      key: ink(80),
      added: ink(114),
      removed: ink(210),
      ...hues([ink(110), ink(108), ink(139), ink(144), ink(73), ink(146)]),
    },
    bar: '48;5;237',
    onBar: { ...plainBar, dim: ink(249), critical: `1;${ink(210)}`, removed: ink(210) },
  },
  sixteen: {
    styles: {
      ...attributes,
      ...sixteenBadges,
      dim: '37',
      ok: '92',
      warning: '93',
      critical: '1;91',
      unknown: '95',
      accent: '1;96',
      match: '30;103',
      key: '96',
      added: '92',
      removed: '91',
      ...hues(['36', '32', '95', '33', '96', '92']),
    },
    bar: '7',
  },
};

const light: Depths = {
  many: {
    styles: {
      ...attributes,
      ...badges,
      dim: ink(241),
      ok: ink(22),
      warning: ink(94),
      critical: `1;${ink(124)}`,
      unknown: ink(90),
      accent: `1;${ink(24)}`,
      match: on(black, 222),
      key: ink(24),
      added: ink(22),
      removed: ink(124),
      ...hues([ink(24), ink(22), ink(90), ink(58), ink(23), ink(19)]),
    },
    bar: '48;5;253',
    onBar: { ...plainBar, dim: ink(238), warning: ink(58) },
  },
  sixteen: {
    styles: {
      ...attributes,
      ...sixteenBadges,
      dim: '90',
      ok: '34',
      warning: '1;35',
      critical: '1;31',
      unknown: '35',
      accent: '1;34',
      match: '30;43',
      key: '34',
      added: '34',
      removed: '31',
      ...hues(['34', '35', '34', '35', '34', '35']),
    },
    bar: '7',
  },
};

/** Blue, yellow and orange differ with every common colour-vision deficiency, in hue and in lightness. */
const colourBlindDark: Depths = {
  many: {
    ...dark.many,
    styles: {
      ...dark.many.styles,
      ok: ink(75),
      warning: ink(228),
      critical: `1;${ink(208)}`,
      unknown: ink(183),
      accent: `1;${ink(159)}`,
      key: ink(159),
      added: ink(75),
      removed: ink(208),
      ...hues([ink(110), ink(180), ink(153), ink(144), ink(146), ink(223)]),
    },
    onBar: { ...plainBar, dim: ink(249) },
  },
  sixteen: {
    ...dark.sixteen,
    styles: {
      ...dark.sixteen.styles,
      ok: '96',
      critical: '1;4;93',
      warning: '93',
      unknown: '4',
      accent: '1;97',
      key: '97',
      added: '96',
      removed: '93',
    },
  },
};

const colourBlindLight: Depths = {
  many: {
    ...light.many,
    styles: {
      ...light.many.styles,
      ok: ink(25),
      warning: ink(94),
      critical: `1;${on(white, 130)}`,
      unknown: ink(55),
      accent: `1;${ink(17)}`,
      key: ink(17),
      added: ink(25),
      removed: ink(94),
    },
    onBar: { ...plainBar, dim: ink(238), ok: ink(18), warning: ink(58), added: ink(18), removed: ink(58) },
    drawn: { critical: `1;${ink(130)}` },
  },
  sixteen: {
    ...light.sixteen,
    styles: {
      ...light.sixteen.styles,
      ok: '34',
      critical: '1;4;31',
      accent: '1',
      key: '1',
      added: '34',
      removed: '4;31',
    },
  },
};

const highContrastDark: Depths = {
  many: {
    ...dark.many,
    styles: {
      ...dark.many.styles,
      plain: ink(white),
      bold: `1;${ink(white)}`,
      dim: ink(252),
      ok: ink(120),
      warning: `1;${ink(227)}`,
      critical: `1;${on(white, 124)}`,
      unknown: ink(219),
      accent: `1;${ink(123)}`,
      key: `1;${ink(123)}`,
      match: `1;${on(black, 226)}`,
      added: ink(120),
      removed: ink(217),
    },
    bar: on(black, white),
    onBar: highContrastBar(black),
    drawn: { critical: `1;${ink(203)}` },
  },
  sixteen: {
    ...dark.sixteen,
    styles: { ...dark.sixteen.styles, plain: '97', bold: '1;97', dim: '97', critical: '1;97;41' },
    drawn: { critical: '1;91' },
  },
};

const highContrastLight: Depths = {
  many: {
    ...light.many,
    styles: {
      ...light.many.styles,
      plain: ink(black),
      bold: `1;${ink(black)}`,
      dim: ink(236),
      ok: ink(22),
      warning: `1;${ink(52)}`,
      critical: `1;${on(white, 124)}`,
      unknown: ink(53),
      accent: `1;${ink(17)}`,
      key: `1;${ink(17)}`,
      match: `1;${on(black, 226)}`,
      added: ink(22),
      removed: ink(88),
    },
    bar: on(white, black),
    onBar: highContrastBar(white),
    drawn: { critical: `1;${ink(124)}` },
  },
  sixteen: {
    ...light.sixteen,
    styles: { ...light.sixteen.styles, plain: '30', bold: '1;30', dim: '30', critical: '1;97;41' },
    drawn: { critical: '31' },
  },
};

/** On the bar of the highest contrast only what is critical and what is matched keep their own ground. */
function highContrastBar(text: number): Partial<Styles> {
  const look = ink(text);
  return {
    plain: look,
    dim: look,
    bold: look,
    ok: look,
    warning: look,
    unknown: look,
    accent: look,
    key: look,
    added: look,
    removed: look,
    ...hues([look, look, look, look, look, look]),
  };
}

/** No colours: weight, underline and reverse only, which a VT100 has. */
const mono: Theme = {
  styles: {
    ...attributes,
    dim: '',
    ok: '',
    warning: '1',
    critical: '1',
    unknown: '',
    accent: '1',
    environment: '1;7',
    unguarded: '1',
    drill: '1;7',
    armed: '1;4;7',
    match: '4',
    key: '1',
    added: '1',
    removed: '',
    ...hues(['', '', '', '', '', '']),
  },
  bar: '7',
};

const byGround: Readonly<Record<'standard' | 'colour-blind' | 'high-contrast', Readonly<Record<Ground, Depths>>>> = {
  standard: { dark, light },
  'colour-blind': { dark: colourBlindDark, light: colourBlindLight },
  'high-contrast': { dark: highContrastDark, light: highContrastLight },
};

/** The styles of a theme on a terminal with so many colours and that ground. */
export function themeOf(name: ThemeName, colours: 0 | 16 | 256, ground: Ground): Theme {
  if (name === 'mono' || colours === 0) return mono;
  const depth = colours === 256 ? 'many' : 'sixteen';
  switch (name) {
    case 'auto':
      return byGround.standard[ground][depth];
    case 'dark':
    case 'light':
      return byGround.standard[name][depth];
    default:
      return byGround[name][ground][depth];
  }
}
