// kubectl apply -f: creates missing objects and merges existing ones; or a dry run.
import { applied, lastApplied, manifestsOf, type Stored } from './manifests.ts';
import type { Verb } from './verb.ts';

export const apply: Verb = async (context) => {
  const { entry, namespace, print, dryRun } = context;
  const [query, tried] = { none: ['', ''], client: ['', ' (dry run)'], server: ['?dryRun=All', ' (server dry run)'] }[
    dryRun
  ];
  for (const { manifest, collection, path, says } of await manifestsOf(context)) {
    const body = applied(manifest, namespace);
    const before = await entry.ask<Stored>('GET', path);
    if (!before) {
      if (dryRun !== 'client') await entry.ask('POST', collection + query, body);
      print(`${says} created${tried}`);
      continue;
    }
    if (dryRun === 'client') {
      const same = before.metadata.annotations?.[lastApplied] === body.metadata.annotations?.[lastApplied];
      print(`${says} ${same ? 'unchanged' : 'configured'}${tried}`);
      continue;
    }
    const after = await entry.ask<Stored>('PATCH', path + query, body);
    const same =
      after?.metadata.resourceVersion === before.metadata.resourceVersion &&
      after?.metadata.generation === before.metadata.generation;
    print(`${says} ${same ? 'unchanged' : 'configured'}${tried}`);
  }
  return 0;
};
