// Where the drill's Kubernetes keeps its objects: one resource version for all of them, and a bounded memory of what
// changed, as etcd has. Stored objects are never modified; a change is a new object.
import { randomUUID } from 'node:crypto';
import { type Kinds, type KubeObject, kubeTime, type Metadata, type Plural } from './object.ts';

export type Change = {
  version: number;
  type: 'ADDED' | 'MODIFIED' | 'DELETED';
  plural: Plural;
  object: KubeObject;
  /** What it was before: a watch with a selector must tell when an object left its view. */
  before?: KubeObject;
};

/** An object to be stored; what the server itself writes may be left out. */
export type Draft<T extends KubeObject> = Omit<T, 'metadata'> & {
  metadata: Partial<Metadata> & { name: string };
};

export type Store = ReturnType<typeof createStore>;

const keyOf = (namespace: string | undefined, name: string) => `${namespace ?? ''}/${name}`;

/** `memory`: how many changes a watch can replay before it gets 410 Gone. */
export function createStore(options: { memory?: number; now?: () => number } = {}) {
  const memory = options.memory ?? 4000;
  const now = options.now ?? Date.now;
  const objects = new Map<Plural, Map<string, KubeObject>>();
  const sorted = new Map<Plural, string[]>();
  const texts = new WeakMap<KubeObject, string>();
  const listeners = new Set<(change: Change) => void>();
  let log: Change[] = [];
  let version = 1000;
  let forgotten = version;

  const shelf = (plural: Plural): Map<string, KubeObject> => {
    const known = objects.get(plural);
    if (known) return known;
    const created = new Map<string, KubeObject>();
    objects.set(plural, created);
    return created;
  };

  // A listener can make changes, too: all listeners get changes in the order of their versions.
  const untold: Change[] = [];
  let telling = false;
  const tellAll = () => {
    if (telling) return;
    telling = true;
    for (let change = untold.shift(); change; change = untold.shift()) {
      for (const listener of listeners) listener(change);
    }
    telling = false;
  };

  const record = (change: Change) => {
    log.push(change);
    // Trimmed in halves, so that a change costs the same whatever the memory.
    if (log.length > memory * 2) {
      log = log.slice(-memory);
      forgotten = (log[0]?.version ?? version) - 1;
    }
    untold.push(change);
    tellAll();
  };

  const put = <P extends Plural>(plural: P, draft: Draft<Kinds[P]>): Kinds[P] => {
    const key = keyOf(draft.metadata.namespace, draft.metadata.name);
    const before = shelf(plural).get(key);
    version += 1;
    const object = {
      ...draft,
      metadata: {
        ...draft.metadata,
        uid: before?.metadata.uid ?? draft.metadata.uid ?? randomUUID(),
        creationTimestamp: before?.metadata.creationTimestamp ?? draft.metadata.creationTimestamp ?? kubeTime(now()),
        resourceVersion: String(version),
      },
    } as unknown as Kinds[P];
    shelf(plural).set(key, object);
    if (!before) sorted.delete(plural);
    record({ version, type: before ? 'MODIFIED' : 'ADDED', plural, object, before });
    return object;
  };

  return {
    put,

    get<P extends Plural>(plural: P, namespace: string | undefined, name: string): Kinds[P] | undefined {
      return shelf(plural).get(keyOf(namespace, name)) as Kinds[P] | undefined;
    },

    remove<P extends Plural>(plural: P, namespace: string | undefined, name: string): Kinds[P] | undefined {
      const key = keyOf(namespace, name);
      const before = shelf(plural).get(key);
      if (!before) return undefined;
      shelf(plural).delete(key);
      sorted.delete(plural);
      version += 1;
      const object = { ...before, metadata: { ...before.metadata, resourceVersion: String(version) } };
      record({ version, type: 'DELETED', plural, object, before });
      return object as Kinds[P];
    },

    /** In the order of their keys, as etcd lists them. */
    list<P extends Plural>(plural: P, namespace?: string): readonly Kinds[P][] {
      let keys = sorted.get(plural);
      if (!keys) {
        keys = [...shelf(plural).keys()].sort();
        sorted.set(plural, keys);
      }
      const found: Kinds[P][] = [];
      for (const key of keys) {
        const object = shelf(plural).get(key);
        if (object && (namespace === undefined || object.metadata.namespace === namespace)) {
          found.push(object as Kinds[P]);
        }
      }
      return found;
    },

    /**
     * The object, or what is shown for it, as JSON without kind and apiVersion, made once: five thousand pods are listed
     * often, change rarely.
     */
    text(object: KubeObject, shown: () => KubeObject = () => object): string {
      const known = texts.get(object);
      if (known) return known;
      const { kind: _kind, apiVersion: _version, ...rest } = shown();
      const text = JSON.stringify(rest);
      texts.set(object, text);
      return text;
    },

    version: () => version,

    /** The oldest version that a watch may start from. */
    oldest: () => forgotten,

    /** What changed after a version; undefined when that is forgotten. */
    since(after: number, plural: Plural): readonly Change[] | undefined {
      if (after < forgotten) return undefined;
      return log.filter((change) => change.version > after && change.plural === plural);
    },

    /** Forgets all changes, as a compaction does: every watch from an older version gets 410 Gone. */
    compact(): void {
      log = [];
      version += 1;
      forgotten = version;
    },

    onChange(listener: (change: Change) => void): () => void {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
  };
}
