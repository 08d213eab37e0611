// The manifests that -f names: a file, or all of a directory in the order of their names.
import { readdir, readFile, stat } from 'node:fs/promises';
import path from 'node:path';
import { parseAllDocuments } from 'yaml';
import { Refused } from './entry.ts';
import type { VerbContext } from './verb.ts';

export type Manifest = {
  apiVersion: string;
  kind: string;
  metadata: { name: string; namespace?: string; annotations?: Readonly<Record<string, string>> };
};

/** An object as the server has it. */
export type Stored = Manifest & { metadata: { resourceVersion: string; generation?: number } };

export const lastApplied = 'kubectl.kubernetes.io/last-applied-configuration';

/** Each manifest, with where it lives on the API server. */
export async function manifestsOf({ files, directory, namespace }: VerbContext) {
  if (files.length === 0) throw new Refused('error: must specify -f');
  const named = await Promise.all(files.map((file) => filesOf(path.resolve(directory, file), file)));
  const texts = await Promise.all(named.flat().map((file) => readFile(file, 'utf8')));
  return texts
    .flatMap((text) => parseAllDocuments(text).map((document) => document.toJS() as Manifest | null))
    .filter((one) => one !== null)
    .map((manifest) => ({ manifest, ...placeOf(manifest, namespace) }));
}

async function filesOf(file: string, asked: string): Promise<string[]> {
  const found = await stat(file).catch(() => undefined);
  if (!found) throw new Refused(`error: the path "${asked}" does not exist`);
  if (!found.isDirectory()) return [file];
  const names = (await readdir(file)).filter((name) => /\.(ya?ml|json)$/.test(name)).sort();
  if (names.length === 0)
    throw new Refused(`error: error reading [${asked}]: recognized file extensions are [.json .yaml .yml]`);
  return names.map((name) => path.join(file, name));
}

function placeOf({ apiVersion, kind, metadata }: Manifest, namespace: string) {
  if (metadata.namespace && metadata.namespace !== namespace)
    throw new Refused(
      `error: the namespace from the provided object "${metadata.namespace}" does not match the namespace "${namespace}"`,
    );
  const base = apiVersion.includes('/') ? `/apis/${apiVersion}` : `/api/${apiVersion}`;
  const collection = `${base}/namespaces/${encodeURIComponent(namespace)}/${kind.toLowerCase()}s`;
  const [group = ''] = apiVersion.includes('/') ? apiVersion.split('/') : [];
  return {
    collection,
    path: `${collection}/${encodeURIComponent(metadata.name)}`,
    /** `deployment.apps/executor`. */
    says: `${kind.toLowerCase()}${group ? `.${group}` : ''}/${metadata.name}`,
  };
}

/** The request body: with kubectl's last-applied annotation. */
export function applied(manifest: Manifest, namespace: string): Manifest {
  const own = { ...manifest, metadata: { ...manifest.metadata, namespace } };
  const annotations = { ...manifest.metadata.annotations, [lastApplied]: `${JSON.stringify(own)}\n` };
  return { ...own, metadata: { ...own.metadata, annotations } };
}
