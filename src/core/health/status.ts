/** Worse is later. Unknown outranks ok: what could not be asked is never green. */
export const verdicts = ['ok', 'unknown', 'warning', 'critical'] as const;
export type Verdict = (typeof verdicts)[number];

/** Glyphs that every terminal and tmux measures as one column. */
export const glyph: Record<Verdict, string> = { ok: '✓', unknown: '?', warning: '▲', critical: '●' };

/** The worst of several; `ok` of none. */
export function worst(all: Iterable<Verdict>): Verdict {
  let rank = 0;
  for (const verdict of all) rank = Math.max(rank, verdicts.indexOf(verdict));
  return verdicts[rank] ?? 'unknown';
}

/** Whether `a` is worse than `b`. */
export function isWorse(a: Verdict, b: Verdict): boolean {
  return verdicts.indexOf(a) > verdicts.indexOf(b);
}

/** For sorting: the worst first. */
export function worstFirst(a: Verdict, b: Verdict): number {
  return verdicts.indexOf(b) - verdicts.indexOf(a);
}

/** Exit codes of monitoring plugins (Nagios plugin conventions). */
export const exitCode: Record<Verdict, 0 | 1 | 2 | 3> = { ok: 0, warning: 1, critical: 2, unknown: 3 };
