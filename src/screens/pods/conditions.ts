// Kubernetes' conditions of a pod or a node, in words.
import { type Condition, nodeProblems } from '../../core/queries/pod-detail.ts';
import { formatAge } from '../../core/text/format.ts';
import type { Instant } from '../../core/time.ts';
import type { Row } from '../screen.ts';
import { dim, type Line, line, mark, wrap } from '../toolkit/line.ts';

/** A condition, since when it is so, and why. */
export function conditionLines(
  { type, status, reason, message, at }: Condition,
  verdict: 'ok' | 'warning' | 'critical',
  now: Instant,
  columns: number,
): Line[] {
  const since = at === undefined ? '' : `  for ${formatAge(now - at)}`;
  return [
    line(mark(verdict), ` ${type} ${status}`, dim(since)),
    ...[reason, message].flatMap((text) => (text ? wrap(text, columns - 2).map((l) => line(dim(`  ${l}`))) : [])),
  ];
}

/** Only the conditions of a pod that are not true: the others need no line. */
export function podConditionRows(conditions: readonly Condition[], now: Instant): Row[] {
  return conditions
    .filter(({ status }) => status !== 'True')
    .map((condition): Row => {
      const { type, reason, message } = condition;
      return {
        id: `condition/${type}`,
        text: `${type} ${reason ?? ''} ${message ?? ''}`,
        draw: () => [
          line(mark('warning'), ` not ${inWords(type)}  `, dim([reason, message].filter(Boolean).join(': '))),
        ],
        opens: {
          kind: 'details',
          title: `not ${inWords(type)}`,
          lines: (_, columns) => conditionLines(condition, 'warning', now, columns - 2),
        },
        copies: { text: message ?? type, what: 'the condition' },
      };
    });
}

/** Of a node, all: Ready is good when True, the others when False. */
export function nodeConditionRows(conditions: readonly Condition[], now: Instant): Row[] {
  return conditions.map((condition): Row => {
    const { type, status, reason, message, at } = condition;
    // A node without Ready is not ready; asked of one condition alone, that of another does not count.
    const bad =
      type === 'Ready'
        ? status !== 'True'
        : nodeProblems([{ type: 'Ready', status: 'True' }, condition], false).length > 0;
    const verdict = bad ? 'critical' : 'ok';
    const since = at === undefined ? '' : `  for ${formatAge(now - at)}`;
    return {
      id: `condition/${type}`,
      text: `${type} ${status} ${reason ?? ''} ${message ?? ''}`,
      draw: () => [
        line(
          mark(verdict),
          ` ${inWords(type)} ${status === 'True' ? 'yes' : status === 'False' ? 'no' : 'unknown'}`,
          dim(`${since}  ${message ?? reason ?? ''}`),
        ),
      ],
      opens: {
        kind: 'details',
        title: inWords(type),
        lines: (_, columns) => conditionLines(condition, verdict, now, columns - 2),
      },
      copies: { text: message ?? type, what: 'the condition' },
    };
  });
}

/** `containers ready` of ContainersReady, `pid pressure` of PIDPressure. */
function inWords(type: string): string {
  return type.replace(/(?<=[a-z])(?=[A-Z])|(?<=[A-Z])(?=[A-Z][a-z])/g, ' ').toLowerCase();
}
