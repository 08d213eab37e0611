// Ink's own Output. Ink does not export it: the file is named by its place (ink is pinned).
import InkOutput from '../../node_modules/ink/build/output.js';

/** Bounds in cells; `x2` and `y2` are exclusive; without one there is none at that edge. */
export type Clip = { x1?: number; x2?: number; y1?: number; y2?: number };

/** What a component makes of each of its rows. */
export type Transformer = (row: string, index: number) => string;

export type Operation =
  | { type: 'write'; x: number; y: number; text: string; transformers: readonly Transformer[] }
  | { type: 'clip'; clip: Clip }
  | { type: 'unclip' };

/** What we know of it. */
type Known = new (options: {
  width: number;
  height: number;
}) => {
  operations: readonly Operation[];
  width: number;
  height: number;
  write(x: number, y: number, text: string, options: { transformers: readonly Transformer[] }): void;
  clip(clip: Clip): void;
  unclip(): void;
  get(): { output: string; height: number };
};

export default InkOutput as unknown as Known;
