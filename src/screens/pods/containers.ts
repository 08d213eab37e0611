// A pod's containers as rows: state, use against requests and limits, probes; each leads to its log.

import { fieldClause } from '../../core/logs/log-filter.ts';
import {
  type ContainerDetail,
  type ContainerState,
  highUse,
  type Measured,
  type PodDetail,
} from '../../core/queries/pod-detail.ts';
import { formatAge, formatBytes } from '../../core/text/format.ts';
import type { Instant } from '../../core/time.ts';
import { openLogs } from '../logs/view.ts';
import type { Row } from '../screen.ts';
import { dim, type Line, line, mark, type Span, span } from '../toolkit/line.ts';

/** One row of several lines for each container. */
export function containerRows({ name: pod, containers }: PodDetail, now: Instant): Row[] {
  return containers.map((container): Row => {
    const { name, role, restarts, image } = container;
    const lines = [
      line(
        markOf(container),
        ` ${name}`,
        role === 'container' ? undefined : dim(` (${role})`),
        '  ',
        ...stateSays(container.state, now),
        restarts > 0 ? span(`  ↻${restarts}`, 'plain') : undefined,
        container.last ? dim('  last: ') : undefined,
        ...(container.last ? stateSays(container.last, now) : []),
      ),
      line(
        '    ',
        ...measuredSays('memory', container.memory, formatBytes),
        dim('   '),
        ...measuredSays('cpu', container.cpu, cores),
      ),
      ...container.probes.map((probe) => line(dim(`    ${probe}`))),
      line(dim(`    ${image}${container.ports.length > 0 ? `  ${container.ports.join(' ')}` : ''}`)),
    ];
    // After a restart the reason is in the log of the instance before.
    const of: Readonly<Record<string, string>> = restarts > 0 ? { pod, previous: 'yes' } : { pod };
    return {
      id: `container/${name}`,
      text: `container ${name} ${container.state.reason ?? container.state.is} ${image}`,
      height: lines.length,
      draw: () => lines,
      opens: openLogs(of, containers.length > 1 ? fieldClause('container', name) : ''),
      copies: { text: image, what: `the image of ${name}` },
    };
  });
}

function markOf({ role, ready, state }: ContainerDetail): Span {
  // An init container that ended with 0 is finished.
  if (role === 'init') return state.is === 'ended' ? mark(state.exitCode ? 'critical' : 'ok') : mark('unknown');
  if (ready) return mark('ok');
  return mark(state.is === 'running' ? 'warning' : state.is === 'unknown' ? 'unknown' : 'critical');
}

function stateSays({ is, at, reason, exitCode }: ContainerState, now: Instant): Span[] {
  const age = at === undefined ? '' : formatAge(now - at);
  if (is === 'running') return [span(`running ${age}`)];
  if (is === 'waiting') return [span(reason ?? 'waiting')];
  if (is === 'unknown') return [dim('not started')];
  const why = [reason, exitCode ? String(exitCode) : undefined].filter(Boolean).join(' ') || 'ended';
  return [span(`${why}${age ? `, ${age} ago` : ''}`)];
}

/** `memory 480.0 MB of 512.0 MB (requested 256.0 MB)`; loud near the limit. */
function measuredSays(what: string, { used, requested, limit }: Measured, say: (n: number) => string): Line {
  const high = used !== undefined && limit !== undefined && used >= limit * highUse;
  const bound = limit === undefined ? 'no limit' : used === undefined ? `limit ${say(limit)}` : `of ${say(limit)}`;
  return line(
    dim(`${what} `),
    used === undefined ? undefined : span(`${say(used)} `, high ? 'warning' : 'plain'),
    dim(`${bound}${requested === undefined ? '' : ` (requested ${say(requested)})`}`),
  );
}

/** `0.25` of a core: two digits that count. */
function cores(n: number): string {
  return n < 10 ? String(Number(n.toFixed(n < 0.1 ? 3 : 2))) : String(Math.round(n));
}
