// GET …?watch=true: what changed since a resource version, as it changes.
import type { ServerResponse } from 'node:http';
import type { KubeObject, Plural } from './object.ts';
import { apiVersionOf, type Resource } from './resources.ts';
import { failure, Refusal } from './status.ts';
import type { Change, Store } from './store.ts';
import { tableColumns, tableRow } from './table.ts';
import { selection, textOf, viewOf } from './view.ts';

/** How long before its end a watch sends its last bookmark, as the API server does (storage/cacher: nextBookmarkTime). */
const beforeTheEnd = 2000;
/** A reader this far behind is cut off, as the API server does. */
const patience = 64 * 1024 * 1024;

export type WatchOptions = {
  /** Milliseconds between bookmarks; a last one comes before the watch ends. */
  bookmarks: number;
  /** How an expired version is reported: as an ERROR event in the stream, or as the status of the answer. */
  gone: 'event' | 'status';
};

/** Streams changes until the client goes, `timeoutSeconds` are over or the server stops. */
export function sendWatch(
  resource: Resource,
  plural: Plural,
  namespace: string | undefined,
  query: URLSearchParams,
  store: Store,
  response: ServerResponse,
  asTable: string | undefined,
  options: WatchOptions,
): void {
  const wanted = selection(query);
  const mine = (object: KubeObject) =>
    (namespace === undefined || object.metadata.namespace === namespace) && wanted(object);
  const asked = query.get('resourceVersion') ?? '';
  const initial = query.get('sendInitialEvents') === 'true' || asked === '' || asked === '0';
  const after = initial ? store.version() : Number(asked);
  if (!Number.isInteger(after)) throw new Refusal('BadRequest', `invalid resource version "${asked}"`);
  const tooOld = `too old resource version: ${asked} (${store.oldest()})`;
  const missed = store.since(after, plural);
  if (!missed && options.gone === 'status') throw new Refusal('Expired', tooOld);

  response.writeHead(200, { 'content-type': 'application/json' });
  response.flushHeaders();
  let columnsSent = false;
  const body = (object: KubeObject): string => {
    if (!asTable) return textOf(resource, object, store);
    const columns = columnsSent ? null : tableColumns(plural);
    columnsSent = true;
    return JSON.stringify({
      kind: 'Table',
      apiVersion: 'meta.k8s.io/v1',
      metadata: { resourceVersion: object.metadata.resourceVersion },
      columnDefinitions: columns,
      rows: [tableRow(plural, viewOf(resource, object), asTable, Date.now())],
    });
  };
  const send = (type: string, text: string) => {
    response.write(`{"type":"${type}","object":${text}}\n`);
    if (response.writableLength > patience) response.destroy();
  };
  if (!missed) {
    send('ERROR', JSON.stringify(failure('Expired', tooOld)));
    response.end();
    return;
  }
  const tell = (change: Change) => {
    const isMine = mine(change.object);
    const wasMine = change.before !== undefined && mine(change.before);
    if (change.type === 'DELETED') {
      if (wasMine) send('DELETED', body(change.object));
    } else if (isMine) send(wasMine ? 'MODIFIED' : 'ADDED', body(change.object));
    else if (wasMine) send('DELETED', body(change.object));
  };
  const bookmark = (annotations?: Record<string, string>) => {
    const metadata = { resourceVersion: String(store.version()), annotations };
    send('BOOKMARK', JSON.stringify({ kind: resource.kind, apiVersion: apiVersionOf(resource), metadata }));
  };

  if (initial) for (const object of store.list(plural, namespace)) if (wanted(object)) send('ADDED', body(object));
  if (query.get('sendInitialEvents') === 'true') bookmark({ 'k8s.io/initial-events-end': 'true' });
  for (const change of missed) tell(change);
  const stop = store.onChange((change) => {
    if (change.plural === plural) tell(change);
  });
  const bookmarked = query.get('allowWatchBookmarks') === 'true' && !asTable;
  const bookmarks = bookmarked ? setInterval(() => bookmark(), options.bookmarks) : undefined;
  const lasts = (Number(query.get('timeoutSeconds') ?? 0) || 1800) * 1000;
  const last = bookmarked ? setTimeout(() => bookmark(), lasts - beforeTheEnd) : undefined;
  const end = setTimeout(() => response.end(), lasts);
  response.on('close', () => {
    stop();
    clearInterval(bookmarks);
    clearTimeout(last);
    clearTimeout(end);
  });
}
