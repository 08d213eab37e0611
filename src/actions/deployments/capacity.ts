// Whether there is room for more pods: requests of one pod, what the quotas leave, and disruption budgets.
import type { Answer, Quota, Room } from '../../core/actions/preflight.ts';
import { describeFault } from '../../core/health/describe.ts';
import { formatBytes } from '../../core/text/format.ts';
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
  const filled = ranges.ok && ranges.value.some((range) => Object.keys(range.filled).length > 0);
  for (const quota of quotas.ok ? quotas.value : []) {
    const says = quotaSays(quota, pod, more, filled);
    impact.push(...says.impact);
    warnings.push(...says.warnings);
  }
  for (const { name, of, most, filled: by } of ranges.ok ? ranges.value : []) {
    const [top, low] = [amountsSay(most), amountsSay(by)];
    const parts = [...(top ? [`at most ${top} per ${of.toLowerCase()}`] : []), ...(low ? [`${low} by default`] : [])];
    if (parts.length > 0) impact.push(`Limit range ${name}: ${parts.join('; ')}.`);
  }
  for (const { name, wanted, healthy, mayGo } of budgets.ok ? budgets.value : []) {
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

/** The resources of a quota that a pod counts against. */
const countsAgainst: Readonly<Record<string, keyof Room['pod'] | 'pod'>> = {
  pods: 'pod',
  'count/pods': 'pod',
  cpu: 'requests.cpu',
  memory: 'requests.memory',
  'requests.cpu': 'requests.cpu',
  'requests.memory': 'requests.memory',
  'limits.cpu': 'limits.cpu',
  'limits.memory': 'limits.memory',
};

function quotaSays({ name, limits }: Quota, pod: Room['pod'], more: number, filled: boolean): RoomSays {
  const warnings: string[] = [];
  const used: string[] = [];
  let room = Number.POSITIVE_INFINITY;
  let scarce = '';
  for (const { resource, most, used: taken } of limits) {
    const against = countsAgainst[resource];
    if (!against) continue;
    used.push(`${resource} ${amountSays(resource, taken)} of ${amountSays(resource, most)}`);
    const each = against === 'pod' ? 1 : pod[against];
    if (each === undefined && !filled)
      warnings.push(`Quota ${name} limits ${resource}, and a container sets none: new pods will be refused.`);
    // A little slack: 3 × 0.1 is more than 0.3.
    const fits = each ? Math.max(0, Math.floor((most - taken) / each + 1e-6)) : Number.POSITIVE_INFINITY;
    if (fits < room) scarce = resource;
    room = Math.min(room, fits);
  }
  if (used.length === 0) return { impact: [], warnings };
  const left = Number.isFinite(room) ? `; room for ${counted(room, 'more pod')}` : '';
  if (room < more)
    warnings.push(
      `Quota ${name} has room for ${counted(room, 'more pod')}, not for ${more} (${scarce}): the others will not start.`,
    );
  return { impact: [`Quota ${name}: ${used.join(', ')} used${left}.`], warnings };
}

const cores = (n: number) => `${Number(n.toFixed(2))} ${n === 1 ? 'core' : 'cores'}`;

function amountSays(resource: string, amount: number): string {
  if (/cpu$/.test(resource)) return cores(amount);
  return /memory$/.test(resource) ? formatBytes(amount) : String(amount);
}

function amountsSay({ cpu, memory }: { cpu?: number | undefined; memory?: number | undefined }): string {
  return [...(cpu === undefined ? [] : [cores(cpu)]), ...(memory === undefined ? [] : [formatBytes(memory)])].join(
    ' and ',
  );
}
