// Pages through PagerDuty's REST API, where a token is configured: acknowledge, resolve, reassign, escalate, note. Each is
// proven by reading the page back.
import type { Action, ActionId, Check, Choice, Execution, Field, Planned, Target } from '../core/actions/action.ts';
import type { PagerCall } from '../core/actions/call.ts';
import type { Preflight } from '../core/actions/preflight.ts';
import { describeFault } from '../core/health/describe.ts';
import { isOpenPage, type Page, pageRef, pageState } from '../core/queries/pager.ts';
import { formatInstant } from '../core/text/format.ts';
import { sanitize } from '../core/text/text.ts';
import { disproven, fingerprint, given, notYet, notYetBy, planned, proven, refuse, refusedBy } from './plan.ts';

/** The page that an action is about: empty for the open incident's, or the only open one. */
export const pageField: Field = {
  name: 'page',
  ask: 'which page?',
  empty: 'the open incident’s, or the only open one',
  kind: 'text',
  optional: true,
  look: (_, preflight) => openPages(preflight),
};

async function openPages(preflight: Preflight): Promise<readonly Choice[]> {
  if (!preflight.context.targets.channels.pagerApi) return [];
  const pager = await preflight.pager();
  if (!pager.ok) return [];
  return pager.value.pages.map((page) => ({
    value: pageRef(page),
    says: `#${page.number} ${page.title} (${pageState(page)})`,
  }));
}

/** `unreadable`: PagerDuty's API did not answer, and why. */
type Found = { page: Page } | { planned: Extract<Planned, { ok: false }>; unreadable?: string };

/** The page that is named; without a name the open incident's, else the only open one. */
export async function findPage(target: Target, preflight: Preflight): Promise<Found> {
  const wanted = given(target, 'page') || preflight.incident()?.key;
  if (wanted) {
    const found = await preflight.page(wanted);
    if (!found.ok) return { planned: refusedBy(found.fault), unreadable: describeFault(found.fault) };
    if (found.value) return { page: found.value };
    if (given(target, 'page'))
      return {
        planned: refuse(`PagerDuty has no page ${sanitize(wanted, 80)}`, 'give its dedup_key, its number or its id'),
      };
  }
  const pager = await preflight.pager();
  if (!pager.ok) return { planned: refusedBy(pager.fault), unreadable: describeFault(pager.fault) };
  const { pages, untold, service } = pager.value;
  const unread = untold.find(({ what }) => what === 'pages');
  if (unread) return { planned: refusedBy(unread.fault), unreadable: describeFault(unread.fault) };
  const [only, ...others] = pages;
  if (!only) return { planned: refuse(`no page of ${service.name} is open`, 'nothing to do') };
  if (others.length === 0) return { page: only };
  const names = pages.slice(0, 5).map((one) => `${pageRef(one)} (${one.title})`);
  return { planned: refuse(`${pages.length} pages are open`, `name one: ${names.join(', ')}`) };
}

/** What every plan shows of a page; a warning where it belongs to another service than the configured one. */
export function aboutPage(page: Page, { context }: Preflight) {
  const { pagerApi } = context.targets.channels;
  const isOther = pagerApi?.service !== undefined && pagerApi.service !== page.service.id;
  return {
    impact: [
      `#${page.number} ${page.title}`,
      `${pageState(page)}; service ${page.service.name}, opened ${formatInstant(page.createdAt)}.`,
    ],
    warnings: [
      ...(isOther ? [`It belongs to the service ${page.service.name}, not to Bentham’s (${pagerApi?.service}).`] : []),
      ...(pagerApi?.from === undefined
        ? ['channels.pagerDuty.from is not set: PagerDuty refuses changes with a token of the account.']
        : []),
    ],
    answered: [context.environment, `PagerDuty service ${page.service.name}`],
  };
}

/** What must not have changed between the plan and the change. */
export const stateOf = ({ id, status, assignees, acknowledgedBy }: Page): string =>
  fingerprint(id, status, assignees.map((one) => one.id).sort(), acknowledgedBy);

/** A request about a page, in the name of the configured user. */
export function pageCall({ context }: Preflight, method: PagerCall['method'], path: string, body: object): PagerCall {
  const { url = '', from } = context.targets.channels.pagerApi ?? {};
  return { tool: 'pagerduty', method, url: `${url}/${path}`, from, body: JSON.stringify(body) };
}

/** A change of the incident itself. */
export const incidentCall = (preflight: Preflight, { id }: Page, change: object): PagerCall =>
  pageCall(preflight, 'PUT', `incidents/${id}`, { incident: { type: 'incident_reference', ...change } });

/** The page as it is now, for a verification. */
export async function pageNow(
  { plan }: Pick<Execution, 'plan'>,
  preflight: Preflight,
): Promise<{ page: Page } | { check: Check }> {
  const id = plan.baseline?.page;
  if (id === undefined) return { check: notYet('which page it was is unknown') };
  const found = await preflight.page(id);
  if (!found.ok) return { check: notYetBy(found.fault) };
  return found.value ? { page: found.value } : { check: notYet('PagerDuty does not show the page') };
}

const wanted = { acknowledge: 'acknowledged', resolve: 'resolved' } as const;

/** The plan to acknowledge or resolve a page by the REST API. */
export function statusPlan(
  verb: 'acknowledge' | 'resolve',
  page: Page,
  says: string,
  undo: string,
  preflight: Preflight,
) {
  const status = wanted[verb];
  if (page.status === status || !isOpenPage(page)) return refuse(`it is already ${pageState(page)}`, 'nothing to do');
  const about = aboutPage(page, preflight);
  return planned({
    ...about,
    impact: [...about.impact, says],
    calls: [incidentCall(preflight, page, { status })],
    undo,
    preconditions: stateOf(page),
    baseline: { page: page.id },
  });
}

/** Whether the page is acknowledged or resolved now, as PagerDuty tells it. */
export async function statusProof(verb: 'acknowledge' | 'resolve', done: Execution, preflight: Preflight) {
  const now = await pageNow(done, preflight);
  if ('check' in now) return now.check;
  const { page } = now;
  if (page.status === wanted[verb]) return proven(`#${page.number} is ${pageState(page)}`);
  if (page.status === 'resolved') return disproven(`#${page.number} is resolved`);
  return notYet(`#${page.number} is still ${pageState(page)}`);
}

/** An action of its own about an open page. */
export function pageAction(
  id: ActionId,
  more: Pick<Action, 'title' | 'also' | 'about' | 'fields' | 'verify'> & {
    change(page: Page, target: Target, preflight: Preflight): Promise<Planned>;
  },
): Action {
  const { change, fields, ...rest } = more;
  return {
    id,
    ...rest,
    risk: 'reversible',
    fields: [pageField, ...fields],
    names: (target) => given(target, 'page'),
    object: (target) => `page/${given(target, 'page')}`,
    needs: () => [{ kind: 'pager' }],
    async plan(target, preflight) {
      const found = await findPage(target, preflight);
      if ('planned' in found) return found.planned;
      if (!isOpenPage(found.page)) return refuse(`#${found.page.number} is ${found.page.status}`, 'page again: notify');
      return change(found.page, target, preflight);
    },
    within: 15_000,
  };
}
