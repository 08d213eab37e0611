// From the pager to the report, through the real screen: each severity and a security incident on the embedded
// Bentham, each cut down by kill -9 in the middle and gone on with.
import { execFile } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterEach, expect, test } from 'vitest';
import { type Drill, startDrill } from '../../simulator/drill.ts';
import { scenarioNamed } from '../../simulator/scenario.ts';
import type { Step } from '../../src/core/incident/checklist.ts';
import { checklist } from '../../src/runbook/checklists.ts';
import { TerminalUnderTest } from '../support/terminal.ts';

const launcher = fileURLToPath(new URL('../../bin/bentham-cockpit.cjs', import.meta.url));
let drill: Drill | undefined;
let home = '';
let terminals: TerminalUnderTest[] = [];

afterEach(async () => {
  for (const terminal of terminals) await terminal.close();
  terminals = [];
  await drill?.stop();
  drill = undefined;
  if (home) rmSync(home, { recursive: true, force: true });
});

async function practise(scenario: string): Promise<Record<string, string>> {
  const found = scenarioNamed(scenario);
  if (!found) throw new Error(`no scenario ${scenario}`);
  home = mkdtempSync(join(tmpdir(), 'bentham-incident-'));
  drill = await startDrill({ scenario: found, pods: 0, jobs: 0 });
  return { ...drill.environment, HOME: home };
}

function cockpit(environment: Record<string, string>, ...args: string[]): TerminalUnderTest {
  const terminal = new TerminalUnderTest({ args, environment });
  terminals.push(terminal);
  return terminal;
}

/** A command without a screen: what it printed, and its exit code. */
function run(environment: Record<string, string>, ...args: string[]): Promise<{ out: string; code: number }> {
  const env = { PATH: process.env.PATH ?? '', ...environment };
  return new Promise((resolve) => {
    execFile(process.execPath, [launcher, ...args], { env }, (error, out, err) =>
      resolve({ out: out + err, code: error ? Number(error.code) : 0 }),
    );
  });
}

type Message = { channel: string; body: Record<string, unknown> };
async function received(): Promise<Message[]> {
  const answer = await fetch(drill?.environment.BENTHAM_DRILL_RECEIVED ?? '');
  const body = (await answer.json()) as Message[] | { received: Message[] };
  return Array.isArray(body) ? body : body.received;
}

/** What the screen shows where so many steps of these are done. */
const at = (done: number, steps: readonly Step[]) =>
  done < steps.length ? `step ${done + 1} of ${steps.length}` : 'every step is done or skipped';

/** Finishes the step under the marker: done, or decided by its recommendation, or with `no` where there is none. */
async function finish(screen: TerminalUnderTest, index: number, steps: readonly Step[]): Promise<void> {
  screen.press('space');
  if (steps[index]?.decision) {
    await screen.shows('record yes or no (runs nothing)');
    const unsure = /▸ record yes or no \(runs nothing\) +█/.test(screen.text);
    screen.type(unsure ? 'no' : '').press('enter');
    await screen.shows('▸ reason');
    screen.type(unsure ? 'looked at it' : ' ').press('enter');
    await screen.hides('▸ reason');
  }
  await screen.shows(at(index + 1, steps));
  await screen.settles();
}

test.each([
  ['api-outage', 'SEV1', 'Complete API outage', 'sev1', 'enter'],
  ['study-failures', 'SEV2', 'High study failure rate', 'sev2', 'enter'],
  ['surface-down', 'SEV3', 'Single surface failing', 'sev3', 'enter'],
  ['slow-api', 'SEV4', 'Low impact', 'sev4', 'enter'],
  ['calm', 'SEV1', 'Security incident', 'security', 'v'],
] as const)(
  '%s: %s from the page to the report, with a crash in the middle',
  async (scenario, severity, title, procedure, key) => {
    const environment = await practise(scenario);
    const first = cockpit(environment);
    await first.shows('1 HEALTH');
    first.press('i');
    if (key === 'enter') await first.shows(`suggested ${severity}`, 60_000);
    else await first.shows('no severity suggested');
    await first.shows('select a severity');
    await first.rests();
    if (key === 'v') first.press('v').type('security').press('enter');
    else first.press(key);
    await first.shows('y take it');
    // The messages are sent one by one below.
    first.press('j', 'space');
    await first.shows('[ ] acknowledge the page');
    if (procedure !== 'security') first.press('j', 'space');
    await first.shows('[ ] post to Slack');
    // Nothing confirms among keys that come faster than fingers.
    await first.settles();
    first.press('y');
    await first.shows(`${severity} ${title}`);
    await first.shows('step 1 of');

    // Acknowledge at PagerDuty and tell people: each message is seen before it goes out.
    first.press('m');
    await first.shows('▌acknowledge PagerDuty');
    first.press('enter');
    await first.shows('PagerDuty gets “acknowledge”');
    first.press('enter');
    await first.shows(/cancel +y send/);
    first.press('y');
    await first.shows('▌notify      Slack #alerts');
    await first.rests();
    first.press('enter');
    await first.shows('Slack #alerts gets this text');
    first.press('enter');
    await first.shows(/cancel +y send/);
    first.press('y');
    await first.shows('Slack #alerts notify sent');
    first.press('o');
    await first.shows('RECEIVED');
    await first.shows(/pagerduty +acknowledge/);
    await first.shows(/#alerts +DRILL, not real/);
    first.press('esc', 'esc');
    await first.shows('step 1 of');

    const { steps } = checklist(procedure);
    await finish(first, 0, steps);
    first.press('n');
    await first.shows('text (recorded in the timeline)');
    first.type('the pager went at three').press('enter');
    await first.hides('text (recorded in the timeline)');
    first.press('t');
    await first.shows('the pager went at three');

    first.signal('SIGKILL');
    await first.ends();

    const second = cockpit(environment, 'incident', 'resume');
    await second.shows('was in control and is not connected');
    second.press('W');
    await second.shows('y take control');
    second.press('y');
    await second.shows('control: you');
    second.press('esc').press('i');
    await second.shows(at(1, steps));

    for (let index = 1; index < steps.length; index += 1) {
      second.press('esc');
      await second.shows('1 HEALTH');
      second.press('i');
      await second.shows(at(index, steps));
      await second.settles();
      await finish(second, index, steps);
    }

    second.press('M');
    await second.shows('What fixed it?');
    second.type('it works again').press('enter');
    await second.shows('y mitigated');
    await second.settles();
    second.press('y');
    await second.shows(/mitigated \d\d:/);
    // The fix is known now; who was told of the incident is told of its end.
    second.press('X');
    await second.shows(/it works again[\s\S]*\[x\] resolve the page[\s\S]*\[[x ]\] post to Slack[\s\S]*y resolve/);
    // A security incident is announced to nobody unless a person switches it on.
    expect(second.text).toContain(`[${procedure === 'security' ? ' ' : 'x'}] post to Slack`);
    await second.settles();
    second.press('y');
    // The header, not the message in the review.
    await second.shows(/resolved after \d\d:/);
    second.press('t');
    await second.shows('TIMELINE');
    second.press('q');
    expect((await second.ends()).code).toBe(0);

    const report = await run(environment, 'incident', 'export');
    expect(report.code).toBe(0);
    for (const part of [
      '## Why',
      '## Impact',
      '## Timeline (UTC)',
      'the pager went at three',
      'PagerDuty acknowledge: sent',
      `DRILL (${scenario})`,
    ])
      expect(report.out).toContain(part);
    expect(report.out).toMatch(/acknowledged \| \d/);
    // Counted by the database itself, or, while it is away, said to be unknown.
    expect(report.out).toMatch(/Failed jobs \| (?:\d|unknown: the database gave no answer)/);
    const place = mkdtempSync(join(tmpdir(), 'exported-'));
    const file = join(place, 'report.txt');
    const written = await run(environment, 'incident', 'export', '--format', 'text', '--output', file);
    expect(written).toMatchObject({ code: 0, out: expect.stringContaining(file) });
    expect(readFileSync(file, 'utf8')).toContain('Timeline (UTC)');
    expect((await run(environment, 'incident', 'export', '--output', file)).code).toBe(2);
    rmSync(place, { recursive: true });
    expect(await run(environment, 'incident', 'list')).toMatchObject({ code: 0, out: expect.stringContaining(title) });
    const checked = await run(environment, 'incident', 'verify');
    expect(checked).toMatchObject({ code: 0, out: expect.stringContaining('no changed or missing entries found') });
    const messages = await received();
    expect(messages.slice(0, 2).map((m) => m.channel)).toEqual(['pagerduty', '#alerts']);
    expect(messages.slice(2).map((m) => m.channel)).toEqual(
      expect.arrayContaining(procedure === 'security' ? ['pagerduty'] : ['#alerts', '#alerts', 'pagerduty']),
    );
    expect(messages[0]?.body).toMatchObject({ event_action: 'acknowledge' });
    expect(String(messages[1]?.body.text)).toContain(`DRILL, not real: ${severity}`);
  },
);

test('of two cockpits on one incident one is in control, and the other sees it live and takes control', async () => {
  const environment = await practise('surface-down');
  const one = cockpit({ ...environment, BENTHAM_JOURNAL_NAME: 'ann' });
  const two = cockpit({ ...environment, BENTHAM_JOURNAL_NAME: 'bob' });
  await one.shows('1 HEALTH');
  await two.shows('1 HEALTH');
  one.press('i');
  await one.shows('select a severity');
  one.press('v').type('3').press('enter');
  await one.shows('y take it');
  one.press('y');
  await one.shows('commander and control: you');
  await two.shows('commander and control: ann');
  two.press('i');
  await two.shows('step 1 of 4');
  one.press('space');
  await two.shows(/✓ 1 Disable the surface/);
  two.press('j', 'space');
  await two.shows('ann is in control: W takes control');
  two.press('n');
  await two.shows('text (recorded in the timeline)');
  two.type('I look at the status page').press('enter');
  one.press('t');
  await one.shows('I look at the status page');
  two.press('W');
  await two.shows('ann is in control and connected');
  two.press('y');
  await one.shows('control: bob');
  two.press('space');
  await one.press('esc').shows('step 3 of 4');
});
