// Whether there is room for more pods: requests of one pod, what the quotas leave, and disruption budgets.
import type { Answer } from '../../core/actions/preflight.ts';
import { fits } from '../../core/actions/rollout-forecast.ts';
import type { Amounts, Quota, Room } from '../../core/actions/room.ts';
import { describeFault } from '../../core/health/describe.ts';
import { formatAmount } from '../../core/text/format.ts';
import { counted } from '../plan.ts';

export type RoomSays = { impact: readonly string[]; warnings: readonly string[] };

/** `more`: additional pods; `replicas`: their number afterwards. */
export function roomSays(answer: Answer<Room>, more: number, replicas: number): RoomSays {
  if (!answer.ok)
    return { impact: [], warnings: [`Quota and limits could not be read: ${describeFault(answer.fault)}`] };
  const { pod, quotas, ranges, budgets } = answer.value;
  const impact = [podSays(pod)];
  const warnings: string[] = [];
  const unread = (what: string, of: Answer<unknown>) => {
    if (!of.ok) warnings.push(`${what} could not be read: ${describeFault(of.fault)}`);
  };
  unread('Quota', quotas);
  unread('Limit ranges', ranges);
  unread('Disruption budgets', budgets);
  if (quotas.ok && quotas.value.length === 0) impact.push('No quota is set in the namespace.');
  for (const quota of quotas.ok ? quotas.value : []) {
    const says = quotaSays(quota, pod, more);
    impact.push(...says.impact);
    warnings.push(...says.warnings);
  }
  for (const { name, of, most, filled: by, broken } of ranges.ok ? ranges.value : []) {
    if (more > 0) warnings.push(...broken.map((says) => `Limit range ${name}: ${says}: new pods will be refused.`));
    const [top, low] = [amountsSay(most), amountsSay(by)];
    const parts = [...(top ? [`at most ${top} per ${of.toLowerCase()}`] : []), ...(low ? [`${low} by default`] : [])];
    if (parts.length > 0) impact.push(`Limit range ${name}: ${parts.join('; ')}.`);
  }
  for (const { name, wanted, healthy, mayGo, computed } of budgets.ok ? budgets.value : []) {
    if (!computed) {
      impact.push(`Disruption budget ${name}: unknown, its controller has not computed it.`);
      continue;
    }
    impact.push(`Disruption budget ${name}: ${wanted} required, ${healthy} healthy, ${mayGo} disruptions allowed.`);
    if (replicas < wanted)
      warnings.push(`${replicas} is less than budget ${name} requires: the budget does not block scaling.`);
  }
  return { impact, warnings };
}

function podSays(pod: Room['pod']): string {
  const asks = amountsSay({ cpu: pod['requests.cpu'], memory: pod['requests.memory'] });
  const most = amountsSay({ cpu: pod['limits.cpu'], memory: pod['limits.memory'] });
  return `A pod requests ${asks || 'nothing'}, ${most ? `limited to ${most}` : 'without limits'}.`;
}

function quotaSays(quota: Quota, pod: Room['pod'], more: number): RoomSays {
  const { name, limits, unsaid } = quota;
  const warnings = unsaid.map(
    (resource) => `Quota ${name} limits ${resource}, and a container sets none: new pods will be refused.`,
  );
  const used = limits.flatMap(({ resource, most, used: taken }) =>
    pod[resource] !== undefined || unsaid.includes(resource)
      ? [`${resource} ${formatAmount(resource, taken)} of ${formatAmount(resource, most)}`]
      : [],
  );
  if (used.length === 0) return { impact: [], warnings };
  const room = fits(pod, mostTold, [quota]);
  const left = room.obstacle ? `; room for ${counted(room.pods, 'more pod')}` : '';
  const scarce = room.obstacle?.by === 'quota' ? ` (${room.obstacle.resource})` : '';
  if (room.obstacle && room.pods < more)
    warnings.push(
      `Quota ${name} has room for ${counted(room.pods, 'more pod')}, not for ${more}${scarce}: the others will not start.`,
    );
  return { impact: [`Quota ${name}: ${used.join(', ')} used${left}.`], warnings };
}

/** Room for more pods than this is not counted. */
const mostTold = 1000;

function amountsSay(amounts: { [Of in keyof Amounts]: Amounts[Of] | undefined }): string {
  return Object.entries(amounts)
    .flatMap(([what, amount]) => (amount === undefined ? [] : [formatAmount(what, amount)]))
    .join(' and ');
}
