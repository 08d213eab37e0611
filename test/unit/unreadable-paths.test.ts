// What cannot be looked at (no permission above it, a file system that is gone) is not there, and ends nothing.
import path from 'node:path';
import { expect, test } from 'vitest';
import { Listing } from '../../src/disk/listing.ts';
import { isPrivateDirectory } from '../../src/disk/private-files.ts';
import { SharedNote } from '../../src/disk/shared-note.ts';

/** The system refuses to look at such a name, whoever asks. */
const unreadable = path.join('/tmp', 'x'.repeat(300));

test('a directory that cannot be looked at has no names and is not private', async () => {
  expect(await new Listing(unreadable).names()).toEqual([]);
  expect(isPrivateDirectory(unreadable)).toBe(false);
  const note = new SharedNote(unreadable, 100);
  expect(note.read()).toBeUndefined();
  expect(await note.change(() => 'text')).toBe('impossible');
});
