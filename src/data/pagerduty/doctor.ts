// Whether PagerDuty's REST API takes the token, knows the service, and knows who changes pages. Nothing is changed.
import type { Settings } from '../../config/settings.ts';
import { type Checkup, faulty } from '../../core/health/checkup.ts';
import { levelsOf, onCallNow } from '../../core/queries/pager.ts';
import type { DoctorCheck } from '../doctor-check.ts';
import { findUsers, readPager } from './read.ts';

const area = 'channels';

/** None where no token is configured: nothing of it is used. */
export function pagerProbes(settings: Settings): readonly DoctorCheck[] {
  const { pagerDuty } = settings.channels;
  if (!pagerDuty.apiToken) return [];
  const where = new URL(pagerDuty.apiUrl).host;
  return [
    {
      area,
      what: 'PagerDuty REST API',
      where,
      essential: false,
      run: async (signal) => {
        const [service, from] = await Promise.all([serviceRow(settings, signal), fromRow(settings, signal)]);
        return [...service, from];
      },
    },
  ];
}

async function serviceRow(settings: Settings, signal: AbortSignal): Promise<readonly Checkup[]> {
  const about = { area, what: 'PagerDuty REST API' };
  const answer = await readPager(settings, signal);
  if (!answer.ok) return [faulty(about, answer.fault, false)];
  const { service, policy, onCalls, pages, morePages, untold } = answer.value;
  const people = levelsOf(onCallNow(onCalls, Date.now())).length;
  const open = `${pages.length}${morePages ? ' or more' : ''} open ${pages.length === 1 ? 'page' : 'pages'}`;
  const says = `service ${service.name}, ${open}, on call at ${people} ${people === 1 ? 'level' : 'levels'}`;
  const todo = 'give the service an escalation policy with people on call';
  const main: Checkup =
    !policy || (people === 0 && untold.length === 0)
      ? { ...about, verdict: 'warning', answer: `${says}: nobody is paged`, todo }
      : { ...about, verdict: 'ok', answer: says };
  return [
    ...(untold.length > 1 ? [] : [main]),
    ...untold.map(({ what, fault }) => faulty({ area, what: `PagerDuty ${what}` }, fault, false)),
  ];
}

async function fromRow(settings: Settings, signal: AbortSignal): Promise<Checkup> {
  const about = { area, what: 'PagerDuty user' };
  const { from } = settings.channels.pagerDuty;
  const todo = 'set channels.pagerDuty.from to the e-mail address of a PagerDuty user who may respond';
  if (!from)
    return { ...about, verdict: 'warning', answer: 'not configured: a token of the account cannot change pages', todo };
  const answer = await findUsers(settings, from, signal);
  if (!answer.ok) return faulty(about, answer.fault, false);
  const user = answer.value.find(({ email }) => email?.toLowerCase() === from.toLowerCase());
  if (!user) return { ...about, verdict: 'warning', answer: `${from} is no user of PagerDuty`, todo };
  return { ...about, verdict: 'ok', answer: `${user.name} (${from})` };
}
