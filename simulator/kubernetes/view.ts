// How stored objects are shown: events in either of their groups, lists, tables, pages.
import { managedMetadata } from './managed-fields.ts';
import type { Event, Kinds, KubeObject, Plural } from './object.ts';
import { apiVersionOf, type Resource } from './resources.ts';
import { fieldSelector, labelSelector } from './selector.ts';
import { Refusal } from './status.ts';
import type { Store } from './store.ts';
import { table } from './table.ts';

/** An event of the core group as events.k8s.io tells it. */
function newEvent(event: Event): KubeObject {
  return {
    apiVersion: 'events.k8s.io/v1',
    kind: 'Event',
    metadata: event.metadata,
    regarding: event.involvedObject,
    reason: event.reason,
    note: event.message,
    type: event.type,
    action: event.reason,
    eventTime: null,
    reportingController: event.reportingComponent,
    reportingInstance: event.reportingInstance,
    deprecatedSource: event.source,
    deprecatedFirstTimestamp: event.firstTimestamp,
    deprecatedLastTimestamp: event.lastTimestamp,
    deprecatedCount: event.count,
  } as KubeObject;
}

const managed = (pod: Kinds['pods']): Kinds['pods'] => ({ ...pod, metadata: managedMetadata(pod) });

const views = new WeakMap<KubeObject, KubeObject>();

/** The object as this resource shows it. */
export function viewOf(resource: Resource, object: KubeObject): KubeObject {
  // Not kept: five thousand of these sets of fields take far more room than their text.
  if (resource.kind === 'Pod') return managed(object as Kinds['pods']);
  if (resource.group !== 'events.k8s.io') return object;
  const known = views.get(object);
  if (known) return known;
  const view = newEvent(object as Kinds['events']);
  views.set(object, view);
  return view;
}

/** The object as JSON without kind and apiVersion. */
function bodyOf(resource: Resource, object: KubeObject, store: Store): string {
  // A pod is shown in one way only; an event in two, each with its text.
  if (resource.kind === 'Pod') return store.text(object, () => viewOf(resource, object));
  return store.text(viewOf(resource, object));
}

/** The object as JSON with its kind. */
export function textOf(resource: Resource, object: KubeObject, store: Store): string {
  const body = bodyOf(resource, object, store);
  return `{"kind":"${resource.kind}","apiVersion":"${apiVersionOf(resource)}",${body.slice(1)}`;
}

/** How a Table was asked for; undefined: not at all. */
export function tableAsked(accept: string | undefined, query: URLSearchParams): string | undefined {
  return accept?.includes('as=Table') ? (query.get('includeObject') ?? 'Metadata') : undefined;
}

/** What a list or watch selects. */
export function selection(query: URLSearchParams): (object: KubeObject) => boolean {
  const labels = labelSelector(query.get('labelSelector') ?? '');
  const fields = fieldSelector(query.get('fieldSelector') ?? '');
  return (object) => labels(object.metadata.labels) && fields(object);
}

type Position = { version: number; after: string };

const writePosition = (position: Position) => Buffer.from(JSON.stringify(position)).toString('base64url');

function readPosition(token: string, store: Store): Position {
  let position: Partial<Position>;
  try {
    position = JSON.parse(Buffer.from(token, 'base64url').toString()) as Partial<Position>;
  } catch {
    position = {};
  }
  const { version, after } = position;
  if (typeof version !== 'number' || typeof after !== 'string') {
    throw new Refusal('BadRequest', 'continue key is not valid');
  }
  if (version < store.oldest()) {
    throw new Refusal(
      'Expired',
      'The provided continue parameter is too old to display a consistent list result. You must start a new list without the continue parameter.',
    );
  }
  return { version, after };
}

/** A list as JSON, by pages where `limit` is given. */
export function listText(
  resource: Resource,
  plural: Plural,
  namespace: string | undefined,
  query: URLSearchParams,
  store: Store,
  asTable: string | undefined,
  now: number,
): string {
  const wanted = selection(query);
  const limit = Number(query.get('limit') ?? 0);
  const token = query.get('continue');
  const from = token ? readPosition(token, store) : undefined;
  const place = (object: KubeObject) => `${object.metadata.namespace ?? ''}/${object.metadata.name}`;
  const selected = store
    .list(plural, namespace)
    .filter((object) => wanted(object) && (from === undefined || place(object) > from.after));
  const page = limit > 0 ? selected.slice(0, limit) : selected;
  const last = page.at(-1);
  const left = selected.length - page.length;
  const version = from?.version ?? store.version();
  const metadata = {
    resourceVersion: String(version),
    continue: left > 0 && last ? writePosition({ version, after: place(last) }) : undefined,
    remainingItemCount: left > 0 ? left : undefined,
  };
  if (asTable) {
    const shown = page.map((object) => viewOf(resource, object));
    return JSON.stringify(table(plural, shown, metadata, asTable, now));
  }
  const items = page.map((object) => bodyOf(resource, object, store)).join(',');
  return `{"kind":"${resource.kind}List","apiVersion":"${apiVersionOf(resource)}","metadata":${JSON.stringify(metadata)},"items":[${items}]}`;
}
