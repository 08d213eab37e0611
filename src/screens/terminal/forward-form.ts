// The form and the confirmation of a port-forward.
import { assigned } from '../../core/actions/shell-command.ts';
import { present } from '../../core/present.ts';
import { queryReading } from '../../core/queries/query.ts';
import { forwardArgv } from '../../core/shell/command.ts';
import { quote } from '../../core/text/shell.ts';
import { newest } from '../../core/world/reading.ts';
import type { Confirmation, Form, Intent, State } from '../../store.ts';
import { descriptionList } from '../toolkit/description-list.ts';
import { line } from '../toolkit/line.ts';
import { armRemedy, notArmed } from './session.ts';

const notAPort = 'a port: 1 to 65535';

/** A port in digits; undefined for any other text. */
function portIn(text: string): number | undefined {
  if (!/^\d{1,5}$/.test(text.trim())) return undefined;
  const port = Number(text);
  return port >= 1 && port <= 65535 ? port : undefined;
}

/** Asks for the port in the pod and the one on this host. */
export function openForward(pod: string): readonly Intent[] {
  const form: Form = {
    title: `Forward a port of ${pod}`,
    fields: [
      {
        name: 'port',
        ask: 'port in the pod',
        kind: 'number',
        choices: (state) => portsOf(state, pod),
        looks: () => ({ kind: 'pod', pod }),
        wrong: (text) => (portIn(text) === undefined ? notAPort : undefined),
      },
      {
        name: 'local',
        ask: 'port on this host (default: any free one)',
        kind: 'number',
        optional: true,
        wrong: (text) => (text.trim() === '' || portIn(text) !== undefined ? undefined : notAPort),
      },
    ],
    submit: ({ port = '', local = '' }) => {
      const there = portIn(port);
      return there === undefined ? notAPort : [{ kind: 'confirm', ask: confirmation(pod, there, portIn(local) ?? 0) }];
    },
  };
  return [{ kind: 'form', form }];
}

function confirmation(pod: string, port: number, local: number): Confirmation {
  return {
    title: `Forward a port of ${pod}`,
    lines: ({ incidentContext, world }, columns) =>
      descriptionList(
        [
          ['where', `${world.scope.environment}: pod ${pod}, port ${port}`],
          ['address', `127.0.0.1, ${local === 0 ? 'any free port' : `port ${local}`}`],
          [
            'by hand',
            incidentContext &&
              `${assigned(present({ KUBECONFIG: incidentContext.targets.kubeconfig }))}${forwardArgv({ pod, port, local }, incidentContext.targets).map(quote).join(' ')}`,
          ],
          [
            'note',
            'The cockpit itself forwards, and stops when it ends. Every user of this host can connect to the address. The journal records start and end.',
          ],
        ],
        columns - 4,
      ).map((each) => line('  ', each)),
    accept: { by: 'key', word: 'forward' },
    unless: notArmed,
    remedy: armRemedy,
    accepted: () => [
      { kind: 'send', command: { kind: 'shell', what: { do: 'forward', pod, port, local } } },
      { kind: 'open', screen: 'port-forwards' },
    ],
  };
}

/** The TCP ports that a pod's containers name. */
function portsOf(state: State, pod: string): readonly { value: string; says: string }[] {
  const detail = newest(queryReading<'pod'>(state.queries, { kind: 'pod', pod }))?.value;
  return (detail?.containers ?? []).flatMap(({ name, ports }) =>
    ports.filter((port) => port.endsWith('/TCP')).map((port) => ({ value: port.slice(0, -4), says: name })),
  );
}
