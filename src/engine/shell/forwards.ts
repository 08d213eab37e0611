// The port-forwards of this cockpit: opened, listed, stopped by a person or with the cockpit, and recorded.
import { ulid } from 'ulid';
import type { Settings } from '../../config/settings.ts';
import { words } from '../../core/actions/shell-command.ts';
import type { EventOf } from '../../core/incident/event.ts';
import { forwardArgv } from '../../core/shell/command.ts';
import { type Forward, isObjectName, type ShellCommand } from '../../core/shell/session.ts';
import { formatAge } from '../../core/text/format.ts';
import type { Targets } from '../../core/world/targets.ts';
import { Connection } from '../../data/kubernetes/connection.ts';
import type { PortForward } from '../../data/kubernetes/port-forward.ts';

type News = Omit<EventOf<'shell'>, 'kind'>;

export type ForwardsOptions = {
  settings: Settings;
  targets: Targets;
  signal: AbortSignal;
  /** Why none may be opened now. */
  whyNot(): string | undefined;
  /** False: it cannot be written. */
  record(news: News): Promise<boolean>;
  changed(all: readonly Forward[]): void;
  say(says: string, verdict: 'ok' | 'warning' | 'unknown'): void;
};

/** Each listens on a port of this host. */
const most = 20;

export class Forwards {
  readonly #options: ForwardsOptions;
  readonly #connection: Connection;
  readonly #open = new Map<string, { forward: Forward; wire: PortForward; news: Omit<News, 'phase'> }>();
  #ended = false;

  constructor(options: ForwardsOptions) {
    this.#options = options;
    this.#connection = new Connection(options.settings);
  }

  /** Opens one, or says why not. */
  async open({ pod, port, local }: Extract<ShellCommand, { do: 'forward' }>): Promise<void> {
    const { settings, targets, signal, record, say, whyNot } = this.#options;
    const refuse = (why: string) => say(`port-forward not opened: ${why}`, 'warning');
    const forbidden = whyNot();
    if (forbidden !== undefined) return refuse(forbidden);
    if (!isObjectName(pod) || !isPort(port) || !(local === 0 || isPort(local))) return refuse('not a pod and its port');
    if (this.#open.size >= most) return refuse(`${most} are open; stop one first`);
    const opened = await this.#connection.open();
    if (!opened.ok) return refuse(`${opened.fault.what}; ${opened.fault.hint}`);
    const id = ulid();
    const command = words(forwardArgv({ pod, port, local }, targets));
    const news = { session: id, tool: 'port-forward' as const, target: `pod ${pod}, port ${port}`, command };
    if (!(await record({ ...news, phase: 'started' }))) return refuse('the journal cannot be written');
    const { openForward } = await import('../../data/kubernetes/port-forward.ts');
    const { namespace } = settings.kubernetes;
    const made = await openForward(
      {
        cluster: opened.value,
        namespace,
        pod,
        port,
        local,
        changed: (now, total, fault) => this.#update(id, { open: now, total, fault }),
      },
      signal,
    );
    if (!made.ok) {
      await record({ ...news, phase: 'ended', detail: `not opened: ${made.fault.what}` });
      return refuse(`${made.fault.what}; ${made.fault.hint}`);
    }
    const { address } = made.value;
    const forward: Forward = { id, pod, port, address, pid: process.pid, since: Date.now(), open: 0, total: 0 };
    this.#open.set(id, { forward, wire: made.value, news });
    if (this.#ended) return this.stop(id);
    this.#tell();
    say(`${address} forwards to ${pod}:${port}; : port-forwards lists and stops them`, 'ok');
  }

  /** Stops one, and records its end. */
  async stop(id: string): Promise<void> {
    const one = this.#open.get(id);
    if (!one) return;
    this.#open.delete(id);
    this.#tell();
    await one.wire.stop();
    const { since, total } = one.forward;
    const detail = `stopped after ${formatAge(Date.now() - since)}, ${total} connections`;
    await this.#options.record({ ...one.news, phase: 'ended', detail });
    this.#options.say(`port-forward ${one.forward.address} stopped`, 'ok');
  }

  async stopAll(): Promise<void> {
    this.#ended = true;
    await Promise.all([...this.#open.keys()].map((id) => this.stop(id)));
    await this.#connection.close();
  }

  #update(id: string, now: Pick<Forward, 'open' | 'total' | 'fault'>): void {
    const one = this.#open.get(id);
    if (!one) return;
    one.forward = { ...one.forward, ...now };
    this.#tell();
  }

  #tell(): void {
    this.#options.changed([...this.#open.values()].map(({ forward }) => forward));
  }
}

const isPort = (port: number): boolean => Number.isInteger(port) && port >= 1 && port <= 65535;
