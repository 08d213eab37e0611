// What the screen is told about a shared incident.
import { hasControl, type KeyState } from '../../core/incident/authority.ts';
import { severityName } from '../../core/incident/checklist.ts';
import type { ControlLoss, Presence } from '../../core/incident/context.ts';
import { fingerprint, type Writer } from '../../core/incident/event.ts';
import type { Incident } from '../../core/incident/incident.ts';
import { type Ms, second } from '../../core/time.ts';
import type { Held } from '../../data/relay/lease.ts';
import type { ControlNews } from '../relay/control-leases.ts';
import type { Loss } from '../relay/kept-lease.ts';
import { whyLost } from './recorder.ts';

/** The loss, as the screen gets it. */
export const shownLoss = (loss: Loss | undefined): ControlLoss | undefined =>
  loss?.why === 'taken' ? { why: 'taken', by: loss.by?.name } : loss;

/** Told at once, whatever the screen shows. */
export function controlSays(news: ControlNews, incidents: readonly Incident[]): { says: string; isGood: boolean } {
  const incident = incidents.find(({ id }) => id === news.incident);
  const of = incident ? ` of ${severityName(incident.severity)} ${incident.title}` : '';
  if (news.news === 'regained') return { says: `you are in control${of} again`, isGood: true };
  if (news.news === 'overtaken') return { says: `${news.by} took control${of}: you are not in control`, isGood: false };
  return { says: whyLost(news.loss), isGood: false };
}

/** Why control was not taken: somebody else did so first, and may have been killed right after. */
export function tookFirst(by: Held | undefined): string {
  if (!by) return 'another cockpit took control first: take control again if you must';
  const lease = by.endsIn === undefined ? '' : ` (its lease ends in ${leaseLeft(by.endsIn)} unless it is renewed)`;
  return `${by.name} at ${by.host} took control first${lease}: take control again if you must`;
}

/** In whole seconds, up: then it has ended. */
export const leaseLeft = (endsIn: Ms): string => `${Math.ceil(endsIn / second)} s`;

/** What a person whose key is not admitted reads after each entry. */
export const waitsFor = ({ control }: Incident): string => `it has no effect until ${control.person} admits your key`;

/** Tells the person in control of each new key once. */
export function strangersOnce(
  tell: (says: string) => void,
): (incident: Incident | undefined, self: Writer, keys?: readonly KeyState[]) => void {
  const told = new Set<string>();
  return (incident, self, keys = incident?.keys ?? []) => {
    if (!incident || !hasControl(incident.control, self)) return;
    const news = keys.filter(({ state, key }) => state === 'new' && !told.has(`${incident.id} ${key}`));
    for (const { key } of news) told.add(`${incident.id} ${key}`);
    const [first] = news;
    if (!first) return;
    tell(`${first.person} at ${first.host} has joined with the key ${fingerprint(first.key)}: p people, A admits it`);
  };
}

/** The other cockpits of this host and of the relay, which knows more about each. */
export function everybody(
  near: readonly Presence[],
  far: readonly Omit<Presence, 'driving'>[],
  own: string,
): readonly Presence[] {
  const isNear = new Set([own, ...near.map(({ session }) => session)]);
  const known = near.map((one) => ({
    ...one,
    ...far.find(({ session }) => session === one.session),
    unheard: undefined,
  }));
  return [...known, ...far.filter(({ session }) => !isNear.has(session)).map((one) => ({ ...one, driving: false }))];
}
