// Kubernetes events as rows, newest first, with the messages of their source.

import type { KubeEvent } from '../../core/queries/pod-detail.ts';
import { formatAge, formatCount, formatInstant, shortAge } from '../../core/text/format.ts';
import type { Instant } from '../../core/time.ts';
import type { Row } from '../screen.ts';
import { descriptionList } from '../toolkit/description-list.ts';
import { dim, type Line, line, span, wrap } from '../toolkit/line.ts';

/** Each opens its details. */
export function eventRows(events: readonly KubeEvent[], now: Instant): Row[] {
  return events.map((event, at): Row => {
    const { reason, message, count, warning } = event;
    const id = `event/${event.about}/${event.from}/${reason}/${event.first ?? at}/${message.slice(0, 40)}`;
    return {
      id,
      text: `event ${reason} ${message} ${event.about}`,
      draw: () => [
        line(
          dim(`${shortAge(now - event.at).padStart(5)} ago `),
          span(`${warning ? '▲' : ' '} ${reason}`, warning ? 'warning' : 'plain'),
          count > 1 ? dim(` ×${formatCount(count)}`) : undefined,
          '  ',
          warning ? message : dim(message),
        ),
      ],
      opens: { kind: 'details', title: `event: ${reason}`, lines: (_, columns) => detailsOf(event, now, columns) },
      copies: { text: `${reason}: ${message}`, what: 'the event' },
    };
  });
}

function detailsOf(event: KubeEvent, now: Instant, columns: number): Line[] {
  const when = (at: Instant) => `${formatInstant(at)}, ${formatAge(now - at)} ago`;
  return [
    ...wrap(event.message, columns - 2).map((part) => line(part)),
    [],
    ...descriptionList(
      [
        ['about', event.about],
        ['last seen', when(event.at)],
        ['first seen', event.first === undefined ? undefined : when(event.first)],
        ['count', `${formatCount(event.count)}×`],
        ['by', event.from],
        ['kind', event.warning ? 'warning' : 'normal'],
      ],
      columns - 2,
    ),
  ];
}
