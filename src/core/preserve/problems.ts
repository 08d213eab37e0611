// What is wrong with an archive, in words.
import type { ArchiveProblem } from './archive.ts';

const says: Readonly<Record<ArchiveProblem['kind'], (what: string) => string>> = {
  changed: (what) => `${what} was changed: its hash is not the one in the manifest`,
  missing: (what) => `${what} is missing`,
  unlisted: (what) => `${what} is not in the manifest`,
  duplicate: (what) => `${what} is there twice`,
  'unsafe-name': (what) => `${what} is no name for a file in it: do not unpack it`,
  'no-manifest': (what) => `no ${what}: unfinished, or not an evidence archive`,
  'bad-manifest': (what) => `${what} cannot be read`,
  truncated: (what) => `cut off in ${what}`,
  'not-an-archive': (what) => `not a valid tar.gz archive: ${what}`,
  'data-behind': (what) => `there is data behind ${what}`,
  'other-hash': (what) => `the file's SHA-256 is not the one in ${what}`,
};

export const problemSays = ({ kind, what }: ArchiveProblem): string => says[kind](what);

/** Problems that are named; the others are counted. */
const mostNamed = 3;

export function problemsSay(problems: readonly ArchiveProblem[]): string {
  const more = problems.length - mostNamed;
  const named = problems.slice(0, mostNamed).map(problemSays).join('; ');
  return more > 0 ? `${named}; ${more} more` : named;
}
