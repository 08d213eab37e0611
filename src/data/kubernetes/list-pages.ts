// Lists one collection page by page. A page that fails is asked for again, so that a slow or shaken server is not asked
// for the whole list over and over.
import type { V1ListMeta } from '@kubernetes/client-node';
import { type Ms, second } from '../../core/time.ts';
import type { Fault } from '../../core/world/reading.ts';
import { backoff, longestPause, pause } from '../source.ts';
import type { Answered, Refused } from './api-error.ts';
import type { ApiObject } from './api-object.ts';
import type { Cluster, Query } from './client.ts';
import { ListReader, type ReadList } from './list-text.ts';

export type ListRequest = {
  path: string;
  query?: Query | undefined;
  noun: string;
  /** How long one page may take; absent: 20 s. */
  pageTime?: Ms | undefined;
};

export type ListListener<W, E> = {
  /** The list begins, or begins again: what came so far does not count. */
  begin(): void;
  /** What is kept of an object. Of a page that breaks off, and of one that was asked for twice, it is not kept. */
  read(wire: W): E;
  member(read: E): void;
  /** A page failed; it is asked for again at `retryAt`, and what came before it is kept. */
  failed(fault: Fault, retryAt: number): void;
};

const pageSize = 500;
/** A page that a slow line does not carry in time is asked for again with a quarter, down to this. */
const smallestPage = 20;
/** A page of 500 pods is 3–5 MB; a frozen server is noticed by the heartbeat, much earlier. */
const pageTime: Ms = 20 * second;
/** How often in a row a page is asked for again; continuations are valid for some minutes. */
const mostFailures = 5;

/**
 * Resolves with the version of the list. `hurried` aborts when the server is back after it was away: a page that is
 * awaited then is asked for a second time beside, because the first connection may be dead.
 */
export async function listPages<W extends object, E>(
  cluster: Cluster,
  request: ListRequest,
  listener: ListListener<W, E>,
  hurried: AbortSignal,
  signal: AbortSignal,
): Promise<Answered<string>> {
  const paged = await listIn(pageSize, cluster, request, listener, hurried, signal);
  // A list whose continuation expired is requested in one piece.
  return paged ?? (await listIn(undefined, cluster, request, listener, hurried, signal)) ?? expired(cluster, request);
}

/** Undefined: a continuation expired. */
async function listIn<W extends object, E>(
  size: number | undefined,
  cluster: Cluster,
  { path, query, noun, pageTime: timeout = pageTime }: ListRequest,
  listener: ListListener<W, E>,
  hurried: AbortSignal,
  signal: AbortSignal,
): Promise<Answered<string> | undefined> {
  let token: string | undefined;
  let failures = 0;
  let limit = size;
  listener.begin();
  for (;;) {
    const ask = { path, query: { ...query, limit, continue: token }, timeout, to: `list ${noun}` };
    const get = (turn: AbortSignal): Promise<Answered<ReadList<E>>> =>
      cluster.get({ ...ask, signal: turn }, () => new ListReader<W, E>((wire) => listener.read(wire)));
    const page = await firstOf(get, hurried, signal);
    if (!page.ok) {
      if (token !== undefined && page.status === 410) return undefined;
      if (!signal.aborted && limit !== undefined && limit > smallestPage && isTooLarge(page)) {
        if (limit !== size) listener.failed(page.fault, Date.now());
        limit = Math.max(smallestPage, Math.floor(limit / 4));
        continue;
      }
      failures += 1;
      // The first page is all there is of the list: who asks for that again begins anew.
      if (signal.aborted || token === undefined || failures > mostFailures || !passes(page)) return page;
      const rest = Math.max(backoff(failures, second / 2), Math.min(longestPause, page.after ?? 0));
      // A page that fails once is no news.
      if (failures > 1) listener.failed(page.fault, Date.now() + rest);
      await pause(rest, signal);
      continue;
    }
    failures = 0;
    const { members, bug } = page.value;
    const metadata = page.value.metadata as ApiObject<V1ListMeta> | null | undefined;
    if (!members) return malformed(cluster, `${noun}: answer is not a list`);
    if (bug !== undefined) throw bug;
    for (const member of members) listener.member(member);
    const last = token;
    token = metadata?._continue ?? (metadata as { continue?: string } | undefined)?.continue ?? undefined;
    if (!token) return { ok: true, value: metadata?.resourceVersion ?? '' };
    if (token === last) return malformed(cluster, `${noun}: list pages repeat`);
  }
}

/** Its answer began, and did not end in time. */
const isTooLarge = ({ status, fault }: Refused): boolean =>
  status !== undefined && status < 300 && fault.kind === 'timeout';

/** No answer or a part of one, too many requests, or a server in trouble: the same request may be answered soon. */
const passes = ({ status, fault }: Refused): boolean =>
  status === undefined || status === 429 || status >= 500 || (status < 300 && fault.kind !== 'malformed');

/** The answer to a request; after the hurry, the first good one to either of two. */
async function firstOf<T>(
  get: (signal: AbortSignal) => Promise<Answered<T>>,
  hurried: AbortSignal,
  signal: AbortSignal,
): Promise<Answered<T>> {
  const over = new AbortController();
  const turn = AbortSignal.any([signal, over.signal]);
  const first = get(turn);
  // Hurried already: this request is younger than that, and on a living connection.
  if (hurried.aborted) return first;
  try {
    const isHurried = await Promise.race([first.then(() => false), abortOf(hurried, over.signal)]);
    if (!isHurried) return await first;
    const good = [first, get(turn)].map((answer) => answer.then((one) => (one.ok ? one : Promise.reject(one))));
    return await Promise.any(good).catch(() => first);
  } finally {
    over.abort();
  }
}

/** Resolves with true when the signal aborts; listens until `over`. */
const abortOf = (signal: AbortSignal, over: AbortSignal): Promise<true> =>
  new Promise((resolve) => signal.addEventListener('abort', () => resolve(true), { once: true, signal: over }));

const expired = (cluster: Cluster, { noun }: ListRequest) => malformed(cluster, `${noun}: list expired at once`);

const malformed = (cluster: Cluster, what: string): { ok: false; fault: Fault } => ({
  ok: false,
  fault: { kind: 'malformed', where: cluster.where, what, hint: 'not a Kubernetes API? check the context' },
});
