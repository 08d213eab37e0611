// What this build is. scripts/bundle/options.mjs fills it in; what runs from the sources is of no commit.
import about from '../package.json' with { type: 'json' };

/** Twelve digits of the commit, with `+changes` where the sources differed from it; absent outside a repository. */
export const commit: string | undefined = process.env.BENTHAM_COCKPIT_COMMIT || undefined;

/** Packaged as one executable, without the drill. */
export const packaged: boolean = process.env.BENTHAM_COCKPIT_PACKAGED === 'yes';

/** Whether this is a script of `status` and the looks (src/once.ts), which end after one look. */
export const looksOnce: boolean = process.env.BENTHAM_COCKPIT_LOOKS_ONCE === 'yes';

/** `0.1.0 (commit 0123456789ab, packaged, node v24.21.0, linux-x64)`. */
export function versionSays(): string {
  const made = [
    commit && `commit ${commit}`,
    packaged && 'packaged',
    `node ${process.version}`,
    `${process.platform}-${process.arch}`,
  ];
  return `${about.version} (${made.filter(Boolean).join(', ')})`;
}
