// How two pod templates differ, in parts: the screen colours them, and a list names them in one line each.

/** One thing that differs, from the present template to the other one. Values of variables are not in it. */
export type Difference = {
  /** `image of api-gateway`, `environment of worker`, `volumes`. */
  what: string;
  /** Images or names: gone with the change, new with it, and there in both with another content. */
  removed: readonly string[];
  added: readonly string[];
  changed: readonly string[];
};

/** Names shown of each; the rest is counted. */
const mostNamed = 6;

/** At most some of them, and how many more there are. */
function named(all: readonly string[]): readonly string[] {
  const more = all.length - mostNamed;
  return more > 1 ? [...all.slice(0, mostNamed), `${more} more`] : all;
}

/** In one line: `image of api: 1.8.2 → 1.8.1`, `environment of api: +NEW, -OLD, ~CHANGED`. */
export function differenceText({ what, removed, added, changed }: Difference): string {
  const [was, is] = [removed[0], added[0]];
  if (was !== undefined && is !== undefined && removed.length + added.length + changed.length === 2)
    return `${what}: ${was} → ${is}`;
  const signed = (sign: string, all: readonly string[]) => named(all).map((one) => `${sign}${one}`);
  return `${what}: ${[...signed('-', removed), ...signed('+', added), ...signed('~', changed)].join(', ')}`;
}

/** As diff writes it, a line each: what it is about, `- ` what goes, `+ ` what comes, `~ ` what changes. */
export function differenceLines({ what, removed, added, changed }: Difference): readonly string[] {
  const signed = (sign: string, all: readonly string[]) => named(all).map((one) => `${sign} ${one}`);
  return [`${what}:`, ...signed('-', removed), ...signed('+', added), ...signed('~', changed)];
}
