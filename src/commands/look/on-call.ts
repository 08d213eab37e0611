// PagerDuty for the look `oncall`: people by level, then the open pages.
import { levelsOf, namesOf, onCallNext, onCallNow, type Pager, pageState } from '../../core/queries/pager.ts';
import { formatAge, formatInstant } from '../../core/text/format.ts';
import type { Instant } from '../../core/time.ts';
import type { Shown } from './shown.ts';

const until = (at: Instant | undefined) => (at === undefined ? 'always' : formatInstant(at));

export function onCallShown(
  { service, policy, onCalls, pages, morePages, moreOnCalls, untold }: Pager,
  now: Instant,
): Shown {
  const current = onCallNow(onCalls, now);
  const rows = levelsOf(onCalls).map((level) => {
    const here = current.filter((one) => one.level === level);
    const next = onCallNext(onCalls, level, now);
    return [
      String(level),
      namesOf(here.map(({ user }) => user)),
      here.map(({ user }) => user.email ?? '–').join(', ') || '–',
      here.length > 0 ? until(here[0]?.until) : '–',
      next?.since === undefined ? '–' : `${next.user.name} ${formatInstant(next.since)}`,
    ];
  });
  const count = pages.length === 0 ? 'no page is open' : `${pages.length} open`;
  const hasPages = !untold.some(({ what }) => what === 'pages');
  return {
    head: ['LEVEL', 'ON CALL', 'ADDRESS', 'UNTIL', 'NEXT'],
    rows,
    says: [
      ...(moreOnCalls ? ['there are more on-calls than these: who is next may be missing'] : []),
      ...(hasPages
        ? [`${service.name}${policy ? ` (${policy.name})` : ''}: ${count}${morePages ? ' and more' : ''}`]
        : []),
      ...pages.map(
        (page) => `#${page.number} ${page.title}: ${pageState(page)}, open ${formatAge(now - page.createdAt)}`,
      ),
    ],
  };
}

export const unansweredPager = ({ untold }: Pager): readonly string[] =>
  untold.map(({ what, fault }) => `${what}: ${fault.what}; ${fault.hint}`);
