// kubectl diff -f: compares each object with its applied version, with the system's diff, as kubectl does.
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { execa } from 'execa';
import { stringify } from 'yaml';
import { Refused } from './entry.ts';
import { applied, lastApplied, manifestsOf, type Stored } from './manifests.ts';
import type { Verb } from './verb.ts';

/** Without what kubectl leaves out: its own annotation, and who manages what. */
function shown(object: Stored): string {
  const { metadata, status, ...rest } = object as Stored & { status?: unknown };
  const { [lastApplied]: _, ...annotations } = metadata.annotations ?? {};
  const { managedFields, resourceVersion, ...kept } = metadata as typeof metadata & { managedFields?: unknown };
  return stringify({ ...rest, metadata: { ...kept, annotations } }, { sortMapEntries: true });
}

export const diff: Verb = async (context) => {
  const { entry, namespace, scratch, print } = context;
  const directory = await mkdtemp(path.join(scratch, 'diff-'));
  try {
    const [live, merged] = [path.join(directory, 'LIVE'), path.join(directory, 'MERGED')];
    await Promise.all([mkdir(live), mkdir(merged)]);
    for (const { manifest, collection, path: place } of await manifestsOf(context)) {
      const file = `${manifest.apiVersion.replace('/', '.')}.${manifest.kind}.${namespace}.${manifest.metadata.name}`;
      const body = applied(manifest, namespace);
      const before = await entry.ask<Stored>('GET', place);
      const after = before
        ? await entry.ask<Stored>('PATCH', `${place}?dryRun=All`, body)
        : await entry.ask<Stored>('POST', `${collection}?dryRun=All`, body);
      if (before) await writeFile(path.join(live, file), shown(before));
      if (after) await writeFile(path.join(merged, file), shown(after));
    }
    const { exitCode, stdout, stderr } = await execa('diff', ['-u', '-N', '-r', live, merged], { reject: false });
    if (exitCode === undefined || exitCode > 1) throw new Refused(`error: diff failed: ${stderr}`);
    for (const line of stdout.split('\n').filter(Boolean)) print(line);
    return exitCode;
  } catch (error) {
    // 1 would mean that there are differences.
    print(error instanceof Error ? error.message : String(error));
    return 2;
  } finally {
    await rm(directory, { recursive: true, force: true });
  }
};
