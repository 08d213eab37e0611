// The open pages of the service in PagerDuty, and what can be done about them.
import type { ActionId } from '../../core/actions/action.ts';
import { namesOf, type Page, pageRef, pageState } from '../../core/queries/pager.ts';
import { formatCount, formatLast, shortAge } from '../../core/text/format.ts';
import type { Instant } from '../../core/time.ts';
import { newest } from '../../core/world/reading.ts';
import { offer } from '../actions/offer.ts';
import type { Binding, Here, Row, Screen } from '../screen.ts';
import { descriptionList } from '../toolkit/description-list.ts';
import { dim, faded, line, span } from '../toolkit/line.ts';
import { type Column, table, widest } from '../toolkit/table.ts';
import { onlyObserves } from './offers.ts';
import { onCallLine, pagerAge, pagerQueries, pagerReading, pagerTrouble } from './on-call.ts';

/** Of a word that is PagerDuty's own: what is not known is no calm one. */
function toneOf({ status }: Page): 'critical' | 'warning' | 'unknown' {
  if (status === 'triggered') return 'critical';
  return status === 'acknowledged' ? 'warning' : 'unknown';
}

function rowOf(page: Page, now: Instant, draw: (page: Page) => ReturnType<typeof line>, isOld: boolean): Row {
  return {
    id: page.id,
    text: `${page.number} ${page.title} ${page.status} ${namesOf(page.assignees)}`,
    draw: () => [isOld ? faded(draw(page)) : draw(page)],
    opens: {
      kind: 'details',
      title: `Page #${page.number}`,
      lines: (_, columns) =>
        descriptionList(
          [
            ['title', page.title],
            ['state', pageState(page)],
            ['assigned to', namesOf(page.assignees)],
            ['urgency', page.urgency],
            ['opened', formatLast(page.createdAt, now)],
            ['service', page.service.name],
            ['escalation', page.policy?.name],
            ['id', page.id],
            ['dedup_key', page.key],
          ],
          columns - 2,
        ),
    },
    copies: { text: pageRef(page), what: 'the page' },
    target: { page: pageRef(page) },
  };
}

export const pagesScreen: Screen = {
  id: 'pages',
  title: () => 'PAGES',
  palette: 'pages: open in PagerDuty',
  also: 'pagerduty incidents reassign escalate acknowledge pager',
  queries: (_, state) => pagerQueries(state),
  view(state, _place, { columns }) {
    if (pagerQueries(state).length === 0)
      return {
        rows: [],
        empty: [
          line('PagerDuty’s REST API is not configured'),
          line(dim('set channels.pagerDuty.apiToken, service and from: docs/configuration.md')),
        ],
      };
    const reading = pagerReading(state);
    const pager = newest(reading)?.value;
    const { now } = state.world;
    const pages = pager?.pages ?? [];
    const room = columns - 2;
    const people = widest(
      pages.map(({ assignees }) => namesOf(assignees)),
      8,
      30,
    );
    const shape: readonly Column<Page>[] = [
      {
        title: '#',
        of: ({ number }) => String(number),
        width: widest(
          pages.map(({ number }) => String(number)),
          3,
          9,
        ),
        align: 'right',
      },
      {
        title: 'state',
        of: (page) => span(page.status, toneOf(page)),
        width: widest(
          pages.map(({ status }) => status),
          5,
          12,
        ),
      },
      { title: 'page', of: ({ title }) => title, width: 16, upTo: 90 },
      { title: 'assigned', of: ({ assignees }) => namesOf(assignees), width: Math.min(14, people), upTo: people },
      { title: 'open', of: ({ createdAt }) => dim(shortAge(now - createdAt)), width: 5, align: 'right', spare: 1 },
      { title: 'urgency', of: ({ urgency = '–' }) => dim(urgency), width: 7, spare: 2 },
    ];
    const { head, draw } = table(shape, room);
    const isKnown = pager !== undefined && !pager.untold.some(({ what }) => what === 'pages');
    const onCall = pager && onCallLine(pager, now, room);
    return {
      says: line(
        dim(pager ? `${pager.service.name}: ${isKnown ? formatCount(pages.length) : 'unknown'} open` : ''),
        pager?.morePages ? dim(' and more') : undefined,
      ),
      right: pagerAge(state) ?? [],
      head: [...pagerTrouble(state, room), ...(pages.length > 0 ? [head] : [])],
      rows: pages.map((page) => rowOf(page, now, draw, reading.state === 'lost')),
      foot: onCall ? [onCall] : [],
      empty: isKnown ? [line(dim('no page is open'))] : [],
    };
  },
  keys: [
    pageKey('space', 'acknowledge-page', 'acknowledge', 'acknowledge the page in PagerDuty: stops its escalation'),
    pageKey('r', 'reassign-page', 'reassign', 'give the page to another person'),
    pageKey('e', 'escalate-page', 'escalate', 'escalate the page to a level of its escalation policy'),
    pageKey('N', 'note-page', 'note it', 'add a note to the page, for everybody who has it'),
  ],
};

function pageKey(key: string, action: ActionId, title: string, about: string): Binding {
  const target = ({ row }: Here) => row?.target;
  return {
    id: action,
    keys: [key],
    title,
    about,
    footer: 11,
    unless: (here) => (target(here) ? onlyObserves(here.state) : 'no page is selected'),
    run: (here) => offer(here.state, action, target(here), action === 'acknowledge-page' ? {} : undefined),
  };
}
