// Large letters for a wall screen: a three-by-five font, drawn in half blocks or whole blocks.

const face: Readonly<Record<string, string>> = {
  A: '.#. #.# ### #.# #.#',
  B: '##. #.# ##. #.# ##.',
  C: '### #.. #.. #.. ###',
  D: '##. #.# #.# #.# ##.',
  E: '### #.. ##. #.. ###',
  F: '### #.. ##. #.. #..',
  G: '### #.. #.# #.# ###',
  H: '#.# #.# ### #.# #.#',
  I: '### .#. .#. .#. ###',
  J: '..# ..# ..# #.# ###',
  K: '#.# #.# ##. #.# #.#',
  L: '#.. #.. #.. #.. ###',
  M: '#...# ##.## #.#.# #...# #...#',
  N: '#..# ##.# #.## #..# #..#',
  O: '### #.# #.# #.# ###',
  P: '### #.# ### #.. #..',
  Q: '### #.# #.# ### ..#',
  R: '### #.# ##. #.# #.#',
  S: '### #.. ### ..# ###',
  T: '### .#. .#. .#. .#.',
  U: '#.# #.# #.# #.# ###',
  V: '#.# #.# #.# #.# .#.',
  W: '#...# #...# #.#.# ##.## #...#',
  X: '#.# #.# .#. #.# #.#',
  Y: '#.# #.# .#. .#. .#.',
  Z: '### ..# .#. #.. ###',
  '0': '### #.# #.# #.# ###',
  '1': '.#. ##. .#. .#. ###',
  '2': '### ..# ### #.. ###',
  '3': '### ..# ### ..# ###',
  '4': '#.# #.# ### ..# ..#',
  '5': '### #.. ### ..# ###',
  '6': '### #.. ### #.# ###',
  '7': '### ..# ..# ..# ..#',
  '8': '### #.# ### #.# ###',
  '9': '### #.# ### ..# ###',
  '.': '. . . . #',
  ',': '.. .. .. .# #.',
  ':': '. # . # .',
  '/': '..# ..# .#. #.. #..',
  '%': '#.# ..# .#. #.. #.#',
  '-': '... ... ### ... ...',
  '+': '... .#. ### .#. ...',
  '>': '#.. .#. ..# .#. #..',
  '~': '.... .#.# #.#. .... ....',
  ' ': '.. .. .. .. ..',
};

const height = 5;

/** The dots of a text, `height` rows; characters without a shape are left out. */
function dots(text: string): boolean[][] {
  const rows: boolean[][] = Array.from({ length: height }, () => []);
  for (const letter of text.toUpperCase()) {
    const shape = face[letter]?.split(' ');
    if (!shape) continue;
    for (const [i, row] of rows.entries()) {
      if (row.length > 0) row.push(false);
      row.push(...[...(shape[i] ?? '')].map((dot) => dot === '#'));
    }
  }
  return rows;
}

/** Rows of text in half blocks: three lines high, a column to a dot. */
export function banner(text: string): string[] {
  const d = dots(text);
  return [0, 2, 4].map((top) =>
    (d[0] ?? [])
      .map((_, x) => {
        const upper = d[top]?.[x];
        const lower = d[top + 1]?.[x];
        return upper ? (lower ? '█' : '▀') : lower ? '▄' : ' ';
      })
      .join(''),
  );
}

/** Rows of text in whole blocks: five lines high, two columns to a dot. */
export function largeBanner(text: string): string[] {
  return dots(text).map((row) => row.map((dot) => (dot ? '██' : '  ')).join(''));
}
