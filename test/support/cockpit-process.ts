// An engine in a process of its own, which a test tells what to do: to be killed, or with another clock. Its arguments: the
// directory of its journal, a name, the port of the relay, the URL of PagerDuty, and by how many ms its clock is ahead.
import { ulid } from 'ulid';
import type { IncidentCommand } from '../../src/core/incident/context.ts';
import { Runner } from '../../src/engine/runs/runner.ts';
import { RelayCockpit } from './relay-cockpit.ts';

const [directory = '', name = '', port = '', pagerDuty = '', ahead = '0'] = process.argv.slice(2);

/** What a test asks for. `act`: acknowledges a page, as an action from the screen would. */
export type Order = { do: IncidentCommand } | { act: string } | { tell: true };

/** How the cockpit is. `lines`: of its incident, as they were signed. */
export type Told = {
  session: string;
  key: string;
  connected: boolean;
  incident?: string;
  control?: { session: string; fence?: number };
  admitted: readonly string[];
  notes: readonly string[];
  lines: readonly string[];
  runs: readonly { run: string; phase: string }[];
  said: readonly string[];
  mayAct: boolean;
  clock?: number;
};

const Real = Date;
const shift = Number(ahead);
if (shift !== 0)
  globalThis.Date = new Proxy(Real, {
    construct: (date, args) => (args.length === 0 ? new date(Real.now() + shift) : Reflect.construct(date, args)),
    get: (date, member) => (member === 'now' ? () => Real.now() + shift : Reflect.get(date, member)),
  });

const cockpit = new RelayCockpit(name, Number(port), {
  directory,
  channels: { pagerDuty: { routingKey: 'R0', url: pagerDuty } },
});
const { settings, recorder } = cockpit;
const runner = new Runner({
  settings,
  recorder,
  signal: new AbortController().signal,
  patient: false,
  forbids: () => recorder.mayAct(),
  changed: () => undefined,
  logged: () => undefined,
});

async function act(page: string): Promise<void> {
  const plan = await runner.plan(ulid(), 'acknowledge-page', { page });
  await runner.confirm(plan?.id ?? '', plan?.accepts ?? []);
}

function told(): Told {
  const { incident, context, said, session, key } = cockpit;
  return {
    session,
    key,
    connected: context?.relay?.state === 'connected',
    incident: incident?.id,
    control: incident?.control,
    admitted: incident?.keys.filter(({ state }) => state === 'admitted').map((one) => one.key) ?? [],
    notes: cockpit.notes(),
    // In whatever order they came.
    lines: recorder.journal
      .linesOf(incident?.id ?? '')
      .map(({ text }) => text)
      .toSorted(),
    runs: incident?.runs.map(({ run, phase }) => ({ run, phase })) ?? [],
    said,
    mayAct: recorder.mayAct() === undefined,
    clock: context?.relay?.clock,
  };
}

process.on('message', (order: Order) => {
  if ('do' in order) cockpit.do(order.do);
  else if ('act' in order) void act(order.act);
  else process.send?.(told());
});
process.on('disconnect', () => process.exit());
