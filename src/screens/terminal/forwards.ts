// The port-forwards of this cockpit: where each listens, and a key that stops it.
import type { Forward } from '../../core/shell/session.ts';
import { formatCounted, shortAge } from '../../core/text/format.ts';
import type { Instant } from '../../core/time.ts';
import { onlyObserves } from '../incident/offers.ts';
import type { Row, Screen } from '../screen.ts';
import { dim, type Line, line, mark, wrap } from '../toolkit/line.ts';
import { table } from '../toolkit/table.ts';

const none: readonly Forward[] = [];

/** The widest name of a pod that is shown whole where there is room. */
const longestName = 60;

function forwardTable(now: Instant, columns: number) {
  return table<Forward>(
    [
      { title: '', of: ({ fault }) => mark(fault === undefined ? 'ok' : 'warning'), width: 1 },
      { title: 'address', of: ({ address }) => address, width: 15, upTo: 21 },
      { title: 'pod', of: ({ pod }) => pod, width: 20, upTo: longestName },
      { title: 'port', of: ({ port }) => String(port), width: 5, align: 'right' },
      { title: 'since', of: ({ since }) => dim(shortAge(now - since)), width: 5, align: 'right' },
      { title: 'open', of: ({ open }) => String(open), width: 4, align: 'right' },
      { title: 'total', of: ({ total }) => dim(String(total)), width: 5, align: 'right', spare: 1 },
      { title: 'pid', of: ({ pid }) => dim(String(pid)), width: 7, align: 'right', spare: 2 },
    ],
    columns,
  );
}

function rowOf(forward: Forward, draw: (one: Forward) => Line, columns: number): Row {
  const { id, pod, port, address, fault } = forward;
  const why = fault === undefined ? [] : wrap(`last connection: ${fault}`, columns - 4);
  const lines = [draw(forward), ...why.map((part) => line('    ', dim(part)))];
  return {
    id,
    text: `${address} ${pod} ${port} ${fault ?? ''}`,
    height: lines.length,
    draw: () => lines,
    copies: { text: address, what: address },
  };
}

export const forwardsScreen: Screen = {
  id: 'port-forwards',
  title: () => 'PORT-FORWARDS',
  palette: 'port-forwards',
  also: 'port forward tunnel kubectl stop',
  view({ shells, world: { now } }, _, { columns }) {
    const all = shells?.forwards ?? none;
    const { head, draw } = forwardTable(now, columns - 2);
    return {
      says: line(dim(`${formatCounted(all.length, 'port-forward')}, on this host only`)),
      head: all.length > 0 ? [head] : [],
      rows: all.map((one) => rowOf(one, draw, columns - 2)),
      empty: [line(dim('no port-forward is open; F on a pod opens one'))],
    };
  },
  keys: [
    {
      id: 'stop-forward',
      keys: ['x'],
      title: 'stop',
      about: 'stop the selected port-forward; its connections are closed',
      footer: 20,
      unless: ({ row, state }) => onlyObserves(state) ?? (row ? undefined : 'no port-forward is selected'),
      run: ({ row }) =>
        row ? [{ kind: 'send', command: { kind: 'shell', what: { do: 'stop-forward', id: row.id } } }] : [],
    },
  ],
};
