// An API server with long logs. Line n of a pod is always the same, and has a time of its own, so that a log that is read
// in parts can be compared with the whole.
import type { ServerResponse } from 'node:http';
import { ApiServer } from './api-server.ts';

const begun = Date.parse('2026-11-29T00:00:00Z');
/** Lines of one millisecond: their times differ in microseconds only, and the API takes whole seconds. */
const perMillisecond = 10;

const stampOf = (line: number) => {
  const at = new Date(begun + Math.floor(line / perMillisecond)).toISOString().slice(0, -1);
  return `${at}${String((line % perMillisecond) * 100).padStart(3, '0')}000Z`;
};

export const longLine = (pod: string, line: number): string =>
  `${stampOf(line)} {"level":30,"msg":"request completed","pod":"${pod}","n":${line},"req":{"method":"GET","url":"/v1/studies/study_${line % 997}"},"responseTime":${line % 250}}\n`;

/** What kubectl asks before it asks for a pod. */
const discovery: Record<string, object> = {
  '/api': { kind: 'APIVersions', versions: ['v1'] },
  '/apis': { kind: 'APIGroupList', apiVersion: 'v1', groups: [] },
  '/api/v1': {
    kind: 'APIResourceList',
    groupVersion: 'v1',
    resources: [{ name: 'pods', singularName: 'pod', namespaced: true, kind: 'Pod', verbs: ['get', 'list'] }],
  },
};

const json = (response: ServerResponse, value: object) =>
  response.writeHead(200, { 'content-type': 'application/json' }).end(JSON.stringify(value));

export class LongLogs {
  readonly api = new ApiServer();
  readonly pods: readonly string[];
  /** Of each pod. */
  readonly lines: number;
  /** Ends each connection to a log after so many bytes, until it is set to infinity. */
  cutAfter = Number.POSITIVE_INFINITY;

  /** Holds each log after so many bytes, and counts those it holds. */
  holdAfter = Number.POSITIVE_INFINITY;
  held = 0;

  constructor(pods: readonly string[], lines: number) {
    this.pods = pods;
    this.lines = lines;
    this.api.handle = (url, response) => {
      const [, pod, log] = /\/pods(?:\/([^/]+)(\/log)?)?$/.exec(url.pathname) ?? [];
      if (pod !== undefined && log) return void this.#send(pod, url.searchParams, response);
      if (pod !== undefined) return json(response, { kind: 'Pod', apiVersion: 'v1', ...podOf(pod) });
      const discovered = discovery[url.pathname];
      if (discovered) return json(response, discovered);
      if (/\/pods$/.test(url.pathname)) return response.end(JSON.stringify({ items: this.pods.map(podOf) }));
      if (url.pathname.startsWith('/api')) return response.end('{"items":[]}');
      return response.writeHead(404).end('{}');
    };
  }

  async #send(pod: string, query: URLSearchParams, response: ServerResponse): Promise<void> {
    if (query.get('previous'))
      return void response
        .writeHead(400)
        .end('{"message":"previous terminated container \\"main\\" in pod \\"x\\" not found"}');
    const since = query.get('sinceTime');
    const from = since === null ? 0 : Math.max(0, Math.floor((Date.parse(since) - begun) * perMillisecond));
    const first = query.get('tailLines') === null ? from : this.lines - Number(query.get('tailLines'));
    // Without `timestamps` a line is what the container wrote.
    const skipped = query.get('timestamps') === 'true' ? 0 : stampOf(0).length + 1;
    let left = Math.min(Number(query.get('limitBytes') ?? Number.POSITIVE_INFINITY), this.cutAfter);
    let sent = 0;
    for (let line = first; line < this.lines && left > 0 && !response.destroyed; ) {
      let text = '';
      for (; line < this.lines && text.length < 64 * 1024; line += 1) text += longLine(pod, line).slice(skipped);
      text = text.slice(0, left);
      left -= text.length;
      sent += text.length;
      if (!response.write(text)) await roomIn(response);
      if (sent < this.holdAfter || query.get('limitBytes') !== null) continue;
      this.held += 1;
      return;
    }
    if (this.cutAfter <= 0 || (left <= 0 && query.get('limitBytes') === null)) response.destroy();
    else response.end();
  }
}

/** Resolves when more can be written, or nothing can any more. */
const roomIn = (response: ServerResponse): Promise<void> =>
  new Promise((resolve) => {
    const done = () => {
      response.off('drain', done).off('close', done);
      resolve();
    };
    response.on('drain', done).on('close', done);
  });

const podOf = (name: string) => ({
  metadata: { name, uid: name },
  spec: { containers: [{ name: 'main' }] },
  status: { containerStatuses: [{ name: 'main', restartCount: 0, state: { running: {} } }] },
});
