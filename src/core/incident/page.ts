// The PagerDuty alert that an incident is about.
import { ended, type Incident, type RunState } from './incident.ts';

/**
 * PagerDuty's alert that this incident is about: the one last written to, or the incident's own. PagerDuty makes one
 * alert of all messages with the same key.
 */
export function pageKey(incident: Incident): string {
  const last = incident.messages.findLast((one) => one.channel === 'pagerduty' && one.key !== undefined);
  const run = incident.runs.findLast((one) => pageOf(one) !== undefined);
  if (run && (run.phases.at(-1)?.at ?? 0) > (last?.at ?? 0)) return pageOf(run) ?? '';
  return last?.key ?? `bentham/${incident.environment}/${incident.id}`;
}

/** The key of the page that a run acknowledged or resolved at PagerDuty; undefined for every other run. */
function pageOf({ action, target, phase }: RunState): string | undefined {
  if (action !== 'acknowledge-page' && action !== 'resolve-page') return undefined;
  return ended(phase) && target.startsWith('page/') ? target.slice('page/'.length) || undefined : undefined;
}
