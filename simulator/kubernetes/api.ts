// The API server: who asks, for what, whether that is allowed, and the answer.
import type { IncomingMessage, ServerResponse } from 'node:http';
import { parseAllDocuments } from 'yaml';
import { type Handler, locate, readBody, sendJson, sendText } from '../http.ts';
import { authenticate, authorize, review, type User } from './access.ts';
import { dryRunOf, type Webhook } from './admission.ts';
import { discovery, openapi, version } from './discovery.ts';
import type { Logs } from './logs.ts';
import { metrics } from './metrics.ts';
import type { KubeObject, Plural, Pod } from './object.ts';
import { sendLog } from './podlog.ts';
import { readReview } from './protobuf.ts';
import { type Route, route } from './resources.ts';
import { failure, notFound, Refusal } from './status.ts';
import type { Store } from './store.ts';
import { addEphemeral, podAt, streamed } from './streams.ts';
import { table } from './table.ts';
import { listText, selection, tableAsked, textOf, viewOf } from './view.ts';
import { sendWatch, type WatchOptions } from './watch.ts';
import { create, patch, remove, scaleOf, update } from './write.ts';

export type Api = {
  store: Store;
  logs: Logs;
  users: ReadonlyMap<string, User>;
  watches: WatchOptions;
  webhooks(): readonly Webhook[];
  now(): number;
};

type Exchange = { request: IncomingMessage; response: ServerResponse; query: URLSearchParams; route: Route };

const publicPaths = ['/healthz', '/livez', '/readyz'];

/** Answers everything below the server's address. */
export function apiHandler(api: Api): Handler {
  return async (request, response) => {
    try {
      await answer(api, request, response);
    } catch (error) {
      if (response.headersSent) {
        response.destroy();
        return;
      }
      const status =
        error instanceof Refusal
          ? error.status
          : failure('InternalError', error instanceof Error ? error.message : String(error));
      sendJson(response, status.code, status);
    }
  };
}

async function answer(api: Api, request: IncomingMessage, response: ServerResponse): Promise<void> {
  const { pathname, searchParams: query } = locate(request);
  const path = pathname.length > 1 ? pathname.replace(/\/$/, '') : pathname;
  if (publicPaths.includes(path)) return sendText(response, 200, 'ok');
  if (path === '/version') return sendJson(response, 200, version);
  const user = authenticate(request.headers.authorization, api.users);
  if (request.method === 'GET') {
    const known = path.startsWith('/openapi/v3') ? openapi(path) : discovery(path);
    if (known !== undefined) return sendJson(response, 200, known);
  }
  const asked = route(path);
  if (!asked) throw new Refusal('NotFound', 'the server could not find the requested resource');
  const verb = verbOf(request.method ?? 'GET', asked, query);
  const { resource } = asked;
  const verbs = asked.subresource
    ? (resource.subresources?.find((one) => one.name === asked.subresource)?.verbs ?? [])
    : resource.verbs;
  if (!verbs.includes(verb)) {
    throw new Refusal('MethodNotAllowed', 'the server does not allow this method on the requested resource');
  }
  // Every user can ask for their name and permissions.
  const isReview = resource.group === 'authorization.k8s.io' || resource.group === 'authentication.k8s.io';
  if (!isReview) authorize(user, verb, asked);
  if (streamed.includes(asked.subresource ?? '')) {
    authorize(user, 'create', asked);
    podAt(api, asked);
    throw new Refusal('BadRequest', 'Upgrade request required');
  }
  const exchange = { request, response, query, route: asked };
  if (isReview) {
    const sent = await readBody(request);
    const asked = readReview(sent, resource.kind) ?? parseOne(sent.toString());
    return sendJson(response, 201, review(resource.kind, asked, user));
  }
  if (resource.group === 'metrics.k8s.io') {
    const plural = resource.plural === 'nodes' ? 'nodes' : 'pods';
    return sendJson(response, 200, metrics(plural, asked.namespace, asked.name, query, api.store, api.now()));
  }
  if (verb === 'get' || verb === 'list' || verb === 'watch') return read(api, exchange, verb);
  return write(api, exchange, verb);
}

function verbOf(method: string, { name }: Route, query: URLSearchParams): string {
  switch (method) {
    case 'GET':
    case 'HEAD':
      if (query.get('watch') === 'true' || query.get('watch') === '1') return 'watch';
      return name === undefined ? 'list' : 'get';
    case 'POST':
      return 'create';
    case 'PUT':
      return 'update';
    case 'PATCH':
      return 'patch';
    case 'DELETE':
      return name === undefined ? 'deletecollection' : 'delete';
    default:
      throw new Refusal('MethodNotAllowed', 'the server does not allow this method on the requested resource');
  }
}

/** Every resource that is routed here is stored. */
function storedUnder({ resource }: Route): Plural {
  if (!resource.stored) throw new Refusal('NotFound', 'the server could not find the requested resource');
  return resource.stored;
}

function read(api: Api, exchange: Exchange, verb: string): void {
  const { request, response, query, route } = exchange;
  const { resource, namespace, name } = route;
  const { store } = api;
  const plural = storedUnder(route);
  const asTable = tableAsked(request.headers.accept, query);
  if (verb === 'watch') {
    const named =
      name === undefined ? query : new URLSearchParams([...query, ['fieldSelector', `metadata.name=${name}`]]);
    sendWatch(resource, plural, namespace, named, store, response, asTable, api.watches);
  } else if (verb === 'list') {
    const list = listText(resource, plural, namespace, query, store, asTable, api.now());
    sendText(response, 200, list, 'application/json');
  } else readOne(api, exchange, plural, asTable);
}

function readOne(api: Api, { response, query, route }: Exchange, plural: Plural, asTable: string | undefined): void {
  const { resource, namespace, name = '', subresource } = route;
  const object = api.store.get(plural, namespace, name);
  if (!object) throw notFound(resource.plural, name, resource.group);
  if (subresource === 'log') sendLog(object as Pod, query, api.logs, response, api.now());
  else if (subresource === 'scale') sendJson(response, 200, scaleOf(object));
  else if (asTable) {
    const metadata = { resourceVersion: object.metadata.resourceVersion };
    sendJson(response, 200, table(plural, [viewOf(resource, object)], metadata, asTable, api.now()));
  } else sendText(response, 200, textOf(resource, object, api.store), 'application/json');
}

async function write(api: Api, { request, response, query, route }: Exchange, verb: string): Promise<void> {
  const { store } = api;
  const stored = storedUnder(route);
  const target = { ...route, resource: { ...route.resource, stored } };
  const options = { dryRun: dryRunOf(query), now: api.now(), webhooks: api.webhooks() };
  const show = (object: KubeObject) =>
    route.subresource === 'scale' ? JSON.stringify(object) : textOf(route.resource, object, store);
  switch (verb) {
    case 'create':
      return sendText(response, 201, show(create(target, await bodyOf(request), store, options)), 'application/json');
    case 'update':
      return sendText(response, 200, show(update(target, await bodyOf(request), store, options)), 'application/json');
    case 'patch': {
      if (route.subresource === 'ephemeralcontainers')
        return sendText(response, 200, show(addEphemeral(api, route, await bodyOf(request))), 'application/json');
      const type = request.headers['content-type'] ?? '';
      const sent = (await readBody(request)).toString();
      // Server-side apply may send YAML.
      const body = type.startsWith('application/apply-patch') ? JSON.stringify(parseOne(sent)) : sent;
      const { object, created } = patch(target, body, type, store, options);
      return sendText(response, created ? 201 : 200, show(object), 'application/json');
    }
    case 'delete': {
      const gone = remove(target, await bodyOf(request), query, store, options);
      return sendText(response, 200, show(gone), 'application/json');
    }
    default: {
      const body = await bodyOf(request);
      const wanted = selection(query);
      const doomed = store.list(stored, route.namespace).filter(wanted);
      for (const { metadata } of doomed) {
        const one = {
          ...target,
          name: metadata.name,
          namespace: metadata.namespace || undefined,
        };
        remove(one, body, query, store, options);
      }
      return sendJson(response, 200, { kind: 'Status', apiVersion: 'v1', metadata: {}, status: 'Success' });
    }
  }
}

/** The body as an object: JSON, or YAML where it says so. Undefined when there is none. */
async function bodyOf(request: IncomingMessage): Promise<unknown> {
  const text = (await readBody(request)).toString();
  if (text.trim() === '') return undefined;
  const type = request.headers['content-type'] ?? 'application/json';
  if (type.includes('protobuf')) {
    throw new Refusal(
      'UnsupportedMediaType',
      'the body of the request was in an unknown format - accepted media types include: application/json, application/yaml',
    );
  }
  return parseOne(text);
}

/** JSON is YAML. */
function parseOne(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    const [document] = parseAllDocuments(text);
    if (!document || !('toJS' in document) || document.errors.length > 0) {
      throw new Refusal('BadRequest', 'the object provided is unrecognized: neither JSON nor YAML');
    }
    return document.toJS();
  }
}
