// XML as S3 and RDS write and read it: elements with text, no attributes that matter.

/** A tree of elements: text, or elements inside; a list stands for repeated elements. */
export type Elements = { readonly [name: string]: Content | readonly Content[] | undefined };
type Content = string | number | boolean | Elements;

const escaped: Readonly<Record<string, string>> = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '"': '&quot;',
  '\r': '&#13;',
};

function element(name: string, content: Content): string {
  const inner =
    typeof content === 'object'
      ? elements(content)
      : String(content).replace(/[&<>"\r]/g, (one) => escaped[one] ?? one);
  return `<${name}>${inner}</${name}>`;
}

function elements(tree: Elements): string {
  return Object.entries(tree)
    .flatMap(([name, content]) => {
      if (content === undefined) return [];
      const all = Array.isArray(content) ? (content as readonly Content[]) : [content as Content];
      return all.map((one) => element(name, one));
    })
    .join('');
}

export function document(root: string, tree: Elements, namespace = 'http://s3.amazonaws.com/doc/2006-03-01/'): string {
  return `<?xml version="1.0" encoding="UTF-8"?>\n<${root} xmlns="${namespace}">${elements(tree)}</${root}>`;
}

const entities: Readonly<Record<string, string>> = { amp: '&', lt: '<', gt: '>', quot: '"', apos: "'" };

const unescaped = (text: string) =>
  text.replace(/&(?:#x([0-9a-f]+)|#(\d+)|(\w+));/gi, (whole, hex: string, decimal: string, name: string) => {
    if (hex) return String.fromCodePoint(Number.parseInt(hex, 16));
    if (decimal) return String.fromCodePoint(Number(decimal));
    return entities[name] ?? whole;
  });

/** The insides of all elements of this name, as they stand. */
export function all(name: string, xml: string): string[] {
  return [...xml.matchAll(new RegExp(`<${name}(?:\\s[^>]*)?>([\\s\\S]*?)</${name}>`, 'g'))].map((one) => one[1] ?? '');
}

/** The text of the first element of this name. */
export function text(name: string, xml: string): string | undefined {
  const [first] = all(name, xml);
  return first === undefined ? undefined : unescaped(first);
}
