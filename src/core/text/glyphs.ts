// The cockpit's glyphs, and what stands for each where the terminal has ASCII only: the one table of both. Every form is
// as wide as its glyph, so that no layout depends on it.

/** The glyphs that the cockpit writes itself, one column each, and their ASCII forms. */
export const asciiForms: Readonly<Record<string, string>> = {
  // Status.
  '●': '!',
  '▲': '^',
  '✓': '+',
  '✗': 'x',
  '○': 'o',
  '▶': '*',
  '‖': '=',
  '↻': '@',
  // The marker of a row, of a choice or a pane.
  '▌': '>',
  '▸': '>',
  // Marks on charts.
  '▴': '^',
  '◆': '*',
  '▮': '#',
  // Text.
  '…': '~',
  '–': '-',
  '—': '-',
  '·': '.',
  '•': '*',
  '×': 'x',
  '≥': '>',
  '≤': '<',
  '≈': '~',
  '“': '"',
  '”': '"',
  '‘': "'",
  '’': "'",
  µ: 'u',
  μ: 'u',
  // Keys and directions.
  '↑': '^',
  '↓': 'v',
  '←': '<',
  '→': '>',
  // Lines.
  '─': '-',
  '│': '|',
  '╌': '-',
  '┄': '-',
  // Bars, low to high.
  '▁': '_',
  '▂': '.',
  '▃': '-',
  '▄': '=',
  '▅': '+',
  '▆': '*',
  '▇': '%',
  '█': '#',
  '▀': '"',
  '░': '.',
};

/**
 * Whether every character is printable ASCII, a glyph, box drawing or braille, each one column wide; measuring these
 * exactly would be slow.
 */
export const isNarrow: (text: string) => boolean = (() => {
  const narrow = new RegExp(`^[\\x20-\\x7e${Object.keys(asciiForms).join('')}\u2500-\u257f\u2800-\u28ff]*$`);
  return (text) => narrow.test(text);
})();
