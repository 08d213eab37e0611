// Each action the whole way, twice: by `run` and on the screen (test/support/action-cases.ts).
import { execFile } from 'node:child_process';
import path from 'node:path';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, onTestFinished, test } from 'vitest';
import type { Drill } from '../../simulator/drill.ts';
import { actionById } from '../../src/actions/index.ts';
import type { BuiltInActionId, Target } from '../../src/core/actions/action.ts';
import type { Environment } from '../support/acting.ts';
import { type Case, cases, nameToType, outageCases } from '../support/action-cases.ts';
import { drillOf } from '../support/drill.ts';
import { TerminalUnderTest } from '../support/terminal.ts';

const bin = path.resolve('bin/bentham-cockpit.cjs');
let drill: Drill;
let environment: Environment;
let screen: TerminalUnderTest;

beforeAll(async () => {
  drill = await drillOf('calm');
  environment = { PATH: process.env.PATH ?? '', HOME: '/nonexistent', ...drill.environment };
});
afterAll(async () => {
  await screen?.close();
  await drill?.stop();
});

const flagsOf = (target: Target) => Object.entries(target).map(([name, text]) => `--${name}=${text}`);

type Printed = {
  outcome: string;
  says: string;
  output: string[];
  plan: { impact: string[] };
  commands: { kind: string }[];
};

function run(args: readonly string[]): Promise<{ code: number; printed: Printed; text: string }> {
  return new Promise((done) => {
    execFile('node', [bin, 'run', ...args, '--json'], { env: environment }, (error, stdout, stderr) => {
      const printed = (stdout.trim().startsWith('{') ? JSON.parse(stdout) : {}) as Printed;
      done({ code: error ? Number(error.code) : 0, printed, text: stdout + stderr });
    });
  });
}

/** `run` on a terminal, for what has to be typed. */
async function typedRun(
  action: BuiltInActionId,
  target: Target,
  texts: readonly string[],
  of = environment,
): Promise<TerminalUnderTest> {
  const args = ['run', action, ...flagsOf(target), '--arm', 'a test'];
  const terminal = new TerminalUnderTest({ args, environment: of, columns: 120, rows: 50 });
  // One that failed would hold its target, and refuse the next attempt.
  onTestFinished(() => terminal.close());
  for (const text of texts) {
    await terminal.shows(`type ${text} to confirm, then enter:`);
    await typing(terminal, text, `to confirm, then enter: ${text}`);
  }
  return terminal;
}

/** A text, and enter once it is seen: in one piece they would be taken for pasted. */
async function typing(terminal: TerminalUnderTest, text: string, seen = text): Promise<void> {
  terminal.type(text);
  await terminal.shows(seen);
  terminal.press('enter');
}

const textsOf = (action: BuiltInActionId, target: Target, of = drill): readonly string[] => {
  const risk = actionById[action].risk;
  if (risk === 'reversible') return [];
  const own = nameToType(action, target, of);
  return risk === 'data' ? [own] : [own, 'PRODUCTION'];
};

/** Opens by the palette. */
async function open(of: TerminalUnderTest, title: string): Promise<void> {
  of.press(':');
  await of.shows('go');
  of.type(title);
  await of.shows(` : ${title}`);
  // The list cuts a long title; what is suggested stands there once, by what the evidence asks for.
  await of.shows(new RegExp(`▌ +(?:${title.slice(0, 30)}|[^\\n]* suggested )`, 'i'));
  of.press('enter');
}

async function armed(of: TerminalUnderTest): Promise<void> {
  await of.shows('HEALTH');
  await open(of, 'arm');
  await typing(of, 'a test');
  await of.shows(/armed \d\d:/);
}

/** From the palette to the proof. */
async function throughScreen(of: TerminalUnderTest, { action, target }: Case, world: Drill): Promise<void> {
  const to = await target(environment);
  const known = actionById[action];
  await open(of, known?.title ?? '');
  for (const field of known?.fields ?? []) {
    // Asked only where something has to be insisted on.
    if (field.asked) continue;
    await of.shows(`▸ ${field.ask}`);
    if (field.preset !== undefined) of.press('ctrl-u');
    of.type(to[field.name] ?? '');
    await of.shows(`${to[field.name] ?? ''}█`);
    of.press('enter');
  }
  const texts = textsOf(action, to, world);
  await of.shows(/cancel +y |to confirm:|scroll down:/);
  await of.readsPlan();
  if (texts.length === 0) {
    // Not a sentence that has the word too.
    await of.shows(new RegExp(`cancel +y ${(action.split('-')[0] ?? '').replace('rollback', 'roll back')}`));
    of.press('y');
  }
  for (const text of texts) {
    await of.shows(`type ${text} to confirm:`);
    of.paste(text);
    await of.shows('pasted text does not confirm');
    await typing(of, text, `${text}█`);
  }
  await of.shows('✓ verified', 90_000);
  if (action === 'create-api-key' || action === 'rotate-api-key') await of.shows(/bk_live_\w+/);
}

describe('by run', () => {
  test.each(cases.filter(({ typed }) => !typed))('$action', async ({ action, target, back }) => {
    const args = [action, ...flagsOf(await target(environment))];
    const done = await run([...args, '--yes', '--arm', 'a test']);
    expect(done.printed, done.text).toMatchObject({ outcome: 'verified' });
    expect(done.code).toBe(0);
    expect(done.printed.commands.some(({ kind }) => kind === 'change')).toBe(true);
    await back?.(environment, drill);
  });

  test.each(['restart-deployment', 'retry-jobs', 'deploy'] as const)('%s with --dry-run only reads', async (id) => {
    const one = cases.find(({ action }) => action === id);
    const dry = await run([id, ...flagsOf((await one?.target(environment)) ?? {}), '--dry-run']);
    expect(dry.code, dry.text).toBe(0);
    expect(dry.printed.plan.impact.length).toBeGreaterThan(0);
    expect(dry.printed.commands.every(({ kind }) => kind === 'look')).toBe(true);
  });

  test.each(cases.filter(({ typed }) => typed))('$action, typed on a terminal', async ({ action, target, back }) => {
    const to = await target(environment);
    expect((await run([action, ...flagsOf(to), '--yes', '--arm', 'a test'])).code).toBe(4);
    const terminal = await typedRun(action, to, textsOf(action, to));
    await terminal.shows('✓ verified', 90_000);
    expect((await terminal.ends()).code).toBe(0);
    await back?.(environment, drill);
  });

  test('pasted text, another text and ctrl-c do not confirm', async () => {
    const [one] = cases.filter(({ action }) => action === 'cleanup-evidence');
    const to = (await one?.target(environment)) ?? {};
    for (const [how, says] of [
      [(t: TerminalUnderTest) => t.paste(to.prefix ?? ''), 'pasted text does not confirm'],
      [(t: TerminalUnderTest) => t.type(`${to.prefix}\r`), 'pasted text does not confirm'],
      [(t: TerminalUnderTest) => t.press('enter'), 'cancelled'],
      [(t: TerminalUnderTest) => t.press('ctrl-c'), 'cancelled'],
    ] as const) {
      const terminal = await typedRun('cleanup-evidence', to, []);
      await terminal.shows('to confirm, then enter:');
      how(terminal);
      await terminal.shows(says);
      expect((await terminal.ends()).code).toBe(4);
    }
  });

  test.each(['list-snapshots', 'list-api-keys'])(
    '%s only reads: it needs no arming and no confirmation',
    async (action) => {
      const done = await run([action]);
      expect(done).toMatchObject({ code: 0, printed: { outcome: 'verified' } });
      expect(done.printed.plan.impact.length).toBeGreaterThan(3);
    },
  );
});

describe('on the screen', () => {
  beforeAll(async () => {
    screen = new TerminalUnderTest({ environment, columns: 100, rows: 40 });
    await screen.shows('HEALTH');
    await armed(screen);
  });

  let isLeft = true;
  beforeEach(async () => {
    // One that failed may have left its plan on the screen, in which the next one's keys would mean something else.
    for (let keys = 0; keys < 4 && !isLeft; keys += 1) {
      screen.press('esc');
      await screen.settles(500);
    }
  });

  test.each(cases)('$action', async (one) => {
    isLeft = false;
    await throughScreen(screen, one, drill);
    screen.press('esc');
    await screen.shows('HEALTH');
    isLeft = true;
    await one.back?.(environment, drill);
  });

  test('a new API key disappears from the screen when the screen is left', async () => {
    expect(screen.text).not.toContain('bk_live_');
    await open(screen, 'command log');
    await screen.shows('COMMAND LOG');
    expect(screen.text).toMatch(/\d+ ms/);
    screen.press('esc');
  });
});

// A primary can be failed over once: each way has a drill of its own.
describe.each(outageCases)('$action, while the primary is down', (one) => {
  let down: Drill;
  let there: Environment;
  let terminal: TerminalUnderTest;
  beforeEach(async () => {
    down = await drillOf('database-down');
    there = { PATH: process.env.PATH ?? '', HOME: '/nonexistent', ...down.environment };
  });
  afterEach(async () => {
    await terminal?.close();
    await down?.stop();
  });

  test('by run, typed on a terminal', async () => {
    const to = await one.target(there);
    terminal = await typedRun(one.action, to, textsOf(one.action, to, down), there);
    await terminal.shows('✓ verified', 90_000);
    expect((await terminal.ends()).code).toBe(0);
  });

  test('on the screen', async () => {
    terminal = new TerminalUnderTest({ environment: there, columns: 100, rows: 40 });
    await armed(terminal);
    // What everything speaks for is asked for nothing that would have to be insisted on.
    for (const fact of ['gateway  503', 'primary  connection refused', 'replica  not streaming'])
      await terminal.shows(fact);
    await throughScreen(terminal, one, down);
    // Its own words: what was the replica takes writes now.
    await terminal.shows('takes writes');
  });
});
