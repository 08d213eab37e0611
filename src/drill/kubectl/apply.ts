// kubectl apply -f: what is not there is made, what is there is merged.

import { applied, manifestsOf, type Stored } from './manifests.ts';
import type { Verb } from './verb.ts';

export const apply: Verb = async (means) => {
  const { entry, namespace, print } = means;
  for (const { manifest, collection, path, says } of await manifestsOf(means)) {
    const body = applied(manifest, namespace);
    const before = await entry.ask<Stored>('GET', path);
    if (!before) {
      await entry.ask('POST', collection, body);
      print(`${says} created`);
      continue;
    }
    const after = await entry.ask<Stored>('PATCH', path, body);
    const same = after?.metadata.resourceVersion === before.metadata.resourceVersion;
    print(`${says} ${same ? 'unchanged' : 'configured'}`);
  }
  return 0;
};
