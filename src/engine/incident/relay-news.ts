// What the screen is told about a shared incident.
import { severityName } from '../../core/incident/checklist.ts';
import type { ControlLoss } from '../../core/incident/context.ts';
import type { Incident } from '../../core/incident/incident.ts';
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

/** Why control was not taken: somebody else did so first. */
export const tookFirst = (by: Held | undefined): string =>
  by
    ? `${by.name} at ${by.host} took control first: take control again if you must`
    : 'another cockpit took control first: take control again if you must';
