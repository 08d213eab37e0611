// What the themes are made of: styles as parameters of SGR (ECMA-48, 8.3.117), colours and badges.
import type { Tone } from './line.ts';

export type Styles = Readonly<Record<Tone, string>>;

/** The styles of one theme on one ground. */
export type Theme = {
  /** Of each tone; empty: the terminal's default. */
  styles: Styles;
  /** The ground of the selected row. */
  bar: string;
  /** What would not be readable on that ground, in another style there. */
  onBar?: Partial<Styles>;
  /** Bars and large letters in another style than words: on a ground they would be lost. */
  drawn?: Partial<Styles>;
};

/** Styles for 256 colours, whose values are the same everywhere, and for the terminal's own sixteen. */
export type Depths = { many: Theme; sixteen: Theme };

export const attributes = { plain: '', bold: '1' } as const;

/** A colour of the 256-colour table, as text or as a ground. */
export const ink = (index: number) => `38;5;${index}`;
export const on = (text: number, ground: number) => `38;5;${text};48;5;${ground}`;

export const [black, white] = [16, 231];

export function hues(all: readonly [string, string, string, string, string, string]) {
  const [hue1, hue2, hue3, hue4, hue5, hue6] = all;
  return { hue1, hue2, hue3, hue4, hue5, hue6 };
}

/** On the bar the hues are plain: one row alone is told apart from nothing. */
export const plainBar = hues(['', '', '', '', '', '']);

/** Badges look the same on every ground. Amber is armed; nothing else is. */
export const badges = {
  environment: `1;${on(white, 25)}`,
  unguarded: on(black, 73),
  drill: `1;${on(black, 141)}`,
  armed: `1;${on(black, 214)}`,
} as const;

export const sixteenBadges = {
  environment: '1;97;44',
  unguarded: '30;46',
  drill: '1;97;45',
  armed: '1;30;43',
} as const;
