// What the cockpit asks PagerDuty: people on call, pages, notes. Reads only.
import * as z from 'zod';
import {
  isOpenPage,
  type OnCall,
  onCallAhead,
  type Page,
  type Pager,
  type PagerUser,
} from '../../core/queries/pager.ts';
import type { Fault } from '../../core/world/reading.ts';
import { type Asked, get, list, type PagerSettings } from './client.ts';
import { noteShape, onCallShape, pageShape, serviceShape, userShape } from './shapes.ts';

const open = [
  ['statuses[]', 'triggered'],
  ['statuses[]', 'acknowledged'],
] as const;

const iso = (at: number): string => new Date(at).toISOString();

/** Who is on call now and in the next two weeks, and the open pages of the service. */
export async function readPager(settings: PagerSettings, signal: AbortSignal): Promise<Asked<Pager>> {
  const { service: id, apiUrl } = settings.channels.pagerDuty;
  if (!id) {
    const hint = 'set channels.pagerDuty.service: the id in the URL of the service';
    return {
      ok: false,
      fault: { kind: 'unconfigured', where: new URL(apiUrl).host, what: 'no PagerDuty service is configured', hint },
    };
  }
  const found = await get(settings, `services/${encodeURIComponent(id)}`, serviceShape, signal);
  if (!found.ok) return found;
  const { service, policy } = found.value;
  if (service.id !== id) return otherThing(apiUrl, `the service ${service.id} instead of ${id}`);
  const [onCalls, pages] = await Promise.all([
    policy ? readOnCalls(settings, policy.id, signal) : undefined,
    list(settings, 'incidents', pageShape, signal, [
      ['service_ids[]', service.id],
      ['sort_by', 'created_at:desc'],
      ...open,
    ]),
  ]);
  const untold: Pager['untold'][number][] = [];
  if (onCalls && !onCalls.ok) untold.push({ what: 'on-calls', fault: onCalls.fault });
  if (!pages.ok) untold.push({ what: 'pages', fault: pages.fault });
  // Nothing of it answered: that is a fault, not an empty list.
  if (!pages.ok && !onCalls?.ok) return pages;
  const wait = Math.max(pages.wait ?? 0, onCalls?.wait ?? 0) || undefined;
  const value: Pager = {
    service,
    policy,
    pages: pages.ok ? openPagesOf(pages.value.all, service.id) : [],
    morePages: pages.ok && pages.value.more,
    onCalls: onCalls?.ok ? onCalls.value.all.toSorted(byLevel) : [],
    moreOnCalls: onCalls?.ok === true && onCalls.value.more,
    untold,
  };
  return wait === undefined ? { ok: true, value } : { ok: true, value, wait };
}

const otherThing = (apiUrl: string, what: string): { ok: false; fault: Fault } => ({
  ok: false,
  fault: {
    kind: 'malformed',
    where: new URL(apiUrl).host,
    what: `answered with ${what}`,
    hint: 'check channels.pagerDuty.apiUrl',
  },
});

/** Each once, the newest first: a list that grows while it is read repeats some. What was not asked for is left out. */
function openPagesOf(all: readonly Page[], service: string): Page[] {
  const own = all.filter((page) => page.service.id === service && isOpenPage(page));
  return [...new Map(own.map((page) => [page.id, page])).values()].toSorted((a, b) => b.createdAt - a.createdAt);
}

const byLevel = (a: OnCall, b: OnCall): number => a.level - b.level || (a.since ?? 0) - (b.since ?? 0);

/** On-calls of an escalation policy, from now on. */
export function readOnCalls(settings: PagerSettings, policy: string, signal: AbortSignal) {
  const now = Date.now();
  return list(settings, 'oncalls', onCallShape, signal, [
    ['escalation_policy_ids[]', policy],
    ['since', iso(now)],
    ['until', iso(now + onCallAhead)],
    ['include[]', 'users'],
    ['time_zone', 'UTC'],
  ]);
}

/** A page by its id, its number or its dedup_key; undefined: there is none. An open one before one that is over. */
export async function readPage(
  settings: PagerSettings,
  ref: string,
  signal: AbortSignal,
): Promise<Asked<Page | undefined>> {
  if (/^[A-Z0-9]{1,40}$/.test(ref)) {
    const one = await get(settings, `incidents/${ref}`, z.object({ incident: pageShape }), signal);
    if (one.ok) {
      const { incident } = one.value;
      if (incident.id === ref || String(incident.number) === ref) return { ok: true, value: incident };
      return otherThing(settings.channels.pagerDuty.apiUrl, `the page ${incident.id} instead of ${ref}`);
    }
    if (one.fault.code !== '404') return one;
  }
  const found = await list(settings, 'incidents', pageShape, signal, [
    ['incident_key', ref],
    ['date_range', 'all'],
  ]);
  if (!found.ok) return found;
  const all = found.value.all.filter(({ key }) => key === ref).toSorted((a, b) => b.createdAt - a.createdAt);
  return { ok: true, value: all.find(({ status }) => status !== 'resolved') ?? all[0] };
}

/** The users of the account, at most three hundred. */
export async function readUsers(settings: PagerSettings, signal: AbortSignal): Promise<Asked<readonly PagerUser[]>> {
  const answer = await list(settings, 'users', userShape, signal);
  return answer.ok ? { ok: true, value: answer.value.all } : answer;
}

/** Users whose name or address has these words. */
export async function findUsers(
  settings: PagerSettings,
  words: string,
  signal: AbortSignal,
): Promise<Asked<readonly PagerUser[]>> {
  const answer = await list(settings, 'users', userShape, signal, [['query', words]]);
  return answer.ok ? { ok: true, value: answer.value.all } : answer;
}

/** The notes of a page. */
export async function readNotes(settings: PagerSettings, page: string, signal: AbortSignal) {
  const path = `incidents/${encodeURIComponent(page)}/notes`;
  const answer = await get(settings, path, z.object({ notes: z.array(noteShape) }), signal);
  return answer.ok ? { ok: true as const, value: answer.value.notes } : answer;
}
