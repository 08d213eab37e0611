// Cockpits that are processes of their own.
import { type ChildProcess, fork } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect } from 'vitest';
import type { IncidentCommand } from '../../src/core/incident/context.ts';
import { fingerprint } from '../../src/core/incident/event.ts';
import type { Order, Told } from './cockpit-process.ts';
import { eventually } from './eventually.ts';

const program = fileURLToPath(new URL('cockpit-process.ts', import.meta.url));
const open: CockpitProcess[] = [];
const directories: string[] = [];

/** Ends all of them, and removes their journals; belongs in afterEach. */
export async function endProcesses(): Promise<void> {
  await Promise.all(open.splice(0).map((one) => one.kill()));
  for (const directory of directories.splice(0)) rmSync(directory, { recursive: true, force: true });
}

/** `gateway`: it looks at one, whose name leads to that address. */
type Options = {
  directory?: string;
  pagerDuty?: string;
  ahead?: number;
  gateway?: { url: string; address: string };
};

export class CockpitProcess {
  readonly directory: string;
  readonly #child: ChildProcess;
  readonly #exited: Promise<unknown>;
  /** As it was when it was last asked. */
  told: Told | undefined;

  constructor(
    name: string,
    port: number,
    { directory, pagerDuty = 'http://127.0.0.1:1', ahead = 0, gateway }: Options = {},
  ) {
    this.directory = directory ?? mkdtempSync(path.join(tmpdir(), 'relay-process-'));
    if (directory === undefined) directories.push(this.directory);
    const looks = gateway ? [gateway.url, gateway.address] : [];
    const args = [this.directory, name, String(port), pagerDuty, String(ahead), ...looks];
    this.#child = fork(program, args, { stdio: ['ignore', 'ignore', 'inherit', 'ipc'] });
    this.#child.on('message', (told: Told) => {
      this.told = told;
    });
    this.#exited = new Promise((resolve) => this.#child.once('exit', resolve));
    open.push(this);
  }

  do(what: IncidentCommand): this {
    return this.#order({ do: what });
  }

  act(page: string): this {
    return this.#order({ act: page });
  }

  /** Waits until what it tells passes. */
  until(passes: (told: Told) => void): Promise<void> {
    return eventually(async () => {
      this.told = undefined;
      this.#order({ tell: true });
      await eventually(() => {
        if (!this.told) throw new Error('it does not answer');
      });
      if (this.told) passes(this.told);
    });
  }

  signal(name: NodeJS.Signals): void {
    this.#child.kill(name);
  }

  /** Ends it without a chance to clean up. */
  async kill(): Promise<void> {
    this.#child.kill('SIGKILL');
    await this.#exited;
  }

  #order(order: Order): this {
    if (this.#child.connected) this.#child.send(order);
    return this;
  }
}

/** One that is connected to the relay. */
export async function started(name: string, port: number, options: Options = {}): Promise<CockpitProcess> {
  const made = new CockpitProcess(name, port, options);
  await made.until(({ connected }) => {
    if (!connected) throw new Error('not connected');
  });
  return made;
}

/** The other person is admitted by the first, who is in control. */
export async function admitted(by: CockpitProcess, other: CockpitProcess): Promise<void> {
  await other.until(({ key }) => expect(key).not.toBe(''));
  const key = other.told?.key ?? '';
  other.do({ do: 'note', text: `here: ${key}` });
  await by.until(({ said }) => expect(said.some((says) => says.includes(fingerprint(key)))).toBe(true));
  by.do({ do: 'key', key, change: 'admitted', why: 'compared' });
  await other.until((told) => expect(told.admitted).toContain(key));
}
