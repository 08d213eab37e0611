// Stands for Intl.Segmenter in the bundle: seven packages make one at start, the first takes some 20 ms, and most
// sessions never need one.
const { Segmenter: Real } = Intl;

export class LazySegmenter {
  #real: Intl.Segmenter | undefined;
  readonly #make: () => Intl.Segmenter;

  constructor(locales?: Intl.LocalesArgument, options?: Intl.SegmenterOptions) {
    this.#make = () => new Real(locales, options);
  }

  segment(text: string): Intl.Segments {
    this.#real ??= this.#make();
    return this.#real.segment(text);
  }
}
