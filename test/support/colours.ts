// What a style looks like, and how well it is read: colours of SGR parameters, contrast as WCAG 2 computes it.

/** xterm's own sixteen. */
const sixteen = [
  '#000000',
  '#cd0000',
  '#00cd00',
  '#cdcd00',
  '#0000ee',
  '#cd00cd',
  '#00cdcd',
  '#e5e5e5',
  '#7f7f7f',
  '#ff0000',
  '#00ff00',
  '#ffff00',
  '#5c5cff',
  '#ff00ff',
  '#00ffff',
  '#ffffff',
];

const hex = (...parts: readonly number[]) => `#${parts.map((n) => n.toString(16).padStart(2, '0')).join('')}`;

/** A colour of the 256-colour table, as xterm computes it. */
export function indexed(index: number): string {
  const basic = sixteen[index];
  if (basic) return basic;
  if (index >= 232) return hex(8 + (index - 232) * 10, 8 + (index - 232) * 10, 8 + (index - 232) * 10);
  const level = (n: number) => (n === 0 ? 0 : 55 + n * 40);
  const at = index - 16;
  return hex(level(Math.floor(at / 36)), level(Math.floor(at / 6) % 6), level(at % 6));
}

/** Ink and paper of a style (`1;38;5;203;48;5;238`) on a ground with the usual text colour for it. */
export function colourOf(style: string, ground: string): { ink: string; paper: string } {
  let ink = contrast('#ffffff', ground) > contrast('#000000', ground) ? '#e5e5e5' : '#000000';
  let paper = ground;
  let reversed = false;
  const codes = style.split(';').map(Number);
  for (let at = 0; at < codes.length; at += 1) {
    const code = codes[at] ?? 0;
    if (code === 38 || code === 48) {
      const colour = indexed(codes[at + 2] ?? 0);
      if (code === 38) ink = colour;
      else paper = colour;
      at += 2;
    } else if (code >= 30 && code <= 37) ink = indexed(code - 30);
    else if (code >= 90 && code <= 97) ink = indexed(code - 82);
    else if (code >= 40 && code <= 47) paper = indexed(code - 40);
    else if (code >= 100 && code <= 107) paper = indexed(code - 92);
    else if (code === 7) reversed = true;
  }
  return reversed ? { ink: paper, paper: ink } : { ink, paper };
}

/** From 1 (the same) to 21 (black on white): https://www.w3.org/TR/WCAG22/#dfn-contrast-ratio. */
export function contrast(one: string, other: string): number {
  const [bright, darker] = [luminance(one), luminance(other)].toSorted((a, b) => b - a) as [number, number];
  return (bright + 0.05) / (darker + 0.05);
}

function luminance(colour: string): number {
  const [red = 0, green = 0, blue = 0] = [1, 3, 5].map((at) => {
    const c = Number.parseInt(colour.slice(at, at + 2), 16) / 255;
    return c <= 0.04045 ? c / 12.92 : ((c + 0.055) / 1.055) ** 2.4;
  });
  return 0.2126 * red + 0.7152 * green + 0.0722 * blue;
}
