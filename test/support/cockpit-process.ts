// An engine in a process of its own, which a test tells what to do: to be killed, or with another clock. Its arguments: the
// directory of its journal, a name, the port of the relay, the URL of PagerDuty, by how many ms its clock is ahead, and the
// gateway that it looks at, if any: its URL, and to what address its name leads from here.
import dns from 'node:dns';
import { ulid } from 'ulid';
import type { IncidentCommand } from '../../src/core/incident/context.ts';
import { gatewaySource } from '../../src/data/gateway/source.ts';
import type { Source, SourceUpdate } from '../../src/data/source.ts';
import { Runner } from '../../src/engine/runs/runner.ts';
import { RelayCockpit } from './relay-cockpit.ts';

const [directory = '', name = '', port = '', pagerDuty = '', ahead = '0', url = '', address = ''] =
  process.argv.slice(2);

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
  /** What it was told of the gateway, oldest first. */
  looks: readonly Look[];
};

/** `by`: another host that asked. */
export type Look = { at: number; by?: string; fault?: string; healthy?: boolean };

const Real = Date;
const shift = Number(ahead);
if (shift !== 0)
  globalThis.Date = new Proxy(Real, {
    construct: (date, args) => (args.length === 0 ? new date(Real.now() + shift) : Reflect.construct(date, args)),
    get: (date, member) => (member === 'now' ? () => Real.now() + shift : Reflect.get(date, member)),
  });

const looks: Look[] = [];

function gatewayFrom(of: Parameters<typeof gatewaySource>[0]): Source {
  const source = gatewaySource(of);
  const start: Source['start'] = (tell, signal) =>
    source.start((news) => {
      looks.push(lookOf(news));
      tell(news);
    }, signal);
  return { ...source, start };
}

function lookOf(news: SourceUpdate): Look {
  if ('fault' in news) return { at: news.at, fault: news.fault.kind };
  return { at: news.at, by: news.by, healthy: news.fact === 'gateway' && news.value.detailed.healthy };
}

// The name leads each host by a way of its own.
if (address)
  dns.lookup = Object.assign(
    (_: string, { all }: dns.LookupOptions, told: (...answer: unknown[]) => void) =>
      all ? told(null, [{ address, family: 4 }]) : told(null, address, 4),
    dns.lookup,
  ) as typeof dns.lookup;

const cockpit = new RelayCockpit(name, Number(port), {
  directory,
  channels: { pagerDuty: { routingKey: 'R0', url: pagerDuty } },
  looks: url
    ? { settings: { gateway: { url }, intervals: { gateway: 10_000 } }, sources: (of) => [gatewayFrom(of)] }
    : undefined,
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
    looks,
  };
}

process.on('message', (order: Order) => {
  if ('do' in order) cockpit.do(order.do);
  else if ('act' in order) void act(order.act);
  else process.send?.(told());
});
process.on('disconnect', () => process.exit());
