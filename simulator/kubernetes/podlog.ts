// GET …/pods/NAME/log, as the kubelet answers it.
import type { ServerResponse } from 'node:http';
import type { LogLine, Logs, LogView } from './logs.ts';
import type { Pod } from './object.ts';
import { Refusal } from './status.ts';

/** RFC 3339 with nanoseconds, as the kubelet stamps lines. */
const stamp = (at: number) => `${new Date(at).toISOString().slice(0, -1)}000000Z`;

const wholeNumber = (query: URLSearchParams, name: string): number | undefined => {
  const given = query.get(name);
  if (given === null) return undefined;
  if (!/^\d+$/.test(given)) throw new Refusal('BadRequest', `invalid ${name}: ${given}`);
  return Number(given);
};

/** Chooses the log that was asked for, or refuses with the kubelet's words. */
function choose(pod: Pod, query: URLSearchParams, logs: Logs): LogView {
  const wanted = query.get('container') ?? pod.spec.containers[0]?.name ?? '';
  const container = pod.spec.containers.find((one) => one.name === wanted);
  if (!container) {
    throw new Refusal('BadRequest', `container ${wanted} is not valid for pod ${pod.metadata.name}`);
  }
  const status = pod.status.containerStatuses?.find((one) => one.name === wanted);
  const { uid, name } = pod.metadata;
  if (query.get('previous') === 'true') {
    const view = logs.view(uid, 'previous');
    if (!view) {
      throw new Refusal('BadRequest', `previous terminated container "${wanted}" in pod "${name}" not found`);
    }
    return view;
  }
  const waiting = status?.state.waiting?.reason;
  if (!status || (waiting && status.restartCount === 0 && !status.lastState.terminated)) {
    throw new Refusal(
      'BadRequest',
      `container "${wanted}" in pod "${name}" is waiting to start: ${waiting ?? 'ContainerCreating'}`,
    );
  }
  const view = logs.view(uid, 'current');
  if (!view) throw new Refusal('NotFound', `logs of pod "${name}" not found`);
  return view;
}

/** Sends the log, and continues while it is followed and the container runs. */
export function sendLog(pod: Pod, query: URLSearchParams, logs: Logs, response: ServerResponse, now: number): void {
  const sinceSeconds = wholeNumber(query, 'sinceSeconds');
  const sinceTime = query.get('sinceTime');
  if (sinceSeconds !== undefined && sinceTime) {
    throw new Refusal('Invalid', 'at most one of `sinceTime` or `sinceSeconds` may be specified');
  }
  const since = sinceTime ? Date.parse(sinceTime) : sinceSeconds === undefined ? 0 : now - sinceSeconds * 1000;
  if (Number.isNaN(since)) throw new Refusal('BadRequest', `invalid sinceTime: ${sinceTime}`);
  const tail = wholeNumber(query, 'tailLines');
  const limit = wholeNumber(query, 'limitBytes');
  const stamped = query.get('timestamps') === 'true';
  const view = choose(pod, query, logs);

  const text = (lines: readonly LogLine[]) =>
    lines.map((line) => (stamped ? `${stamp(line.at)} ${line.text}\n` : `${line.text}\n`)).join('');
  let sent = 0;
  const send = (lines: readonly LogLine[]): boolean => {
    if (lines.length === 0) return true;
    let bytes = Buffer.from(text(lines));
    if (limit !== undefined) bytes = bytes.subarray(0, limit - sent);
    sent += bytes.length;
    return response.write(bytes);
  };

  const start = view.from(0);
  const recent = start.lines.filter((line) => line.at >= since);
  response.writeHead(200, { 'content-type': 'text/plain' });
  response.flushHeaders();
  let free = send(tail === undefined ? recent : tail === 0 ? [] : recent.slice(-tail));
  if (query.get('follow') !== 'true') {
    response.end();
    return;
  }
  let next = start.next;
  const pump = () => {
    if (response.destroyed) return;
    // While the reader does not keep up nothing is queued here: the ring is the only buffer.
    if (free) {
      const more = view.from(next);
      next = more.next;
      free = send(more.lines);
    }
    if ((view.ended() && free) || (limit !== undefined && sent >= limit)) response.end();
  };
  const stop = view.follow(pump);
  response.on('drain', () => {
    free = true;
    pump();
  });
  response.on('close', stop);
  if (view.ended()) pump();
}
