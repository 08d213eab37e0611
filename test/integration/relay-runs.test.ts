// Actions in an incident that several hosts share: control and target are asked again right before each effect.
import { ulid } from 'ulid';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import type { Run } from '../../src/core/actions/run.ts';
import { Runner } from '../../src/engine/runs/runner.ts';
import { eventually } from '../support/eventually.ts';
import { PagerDuty } from '../support/pager-duty.ts';
import { admits, cockpit, endCockpits, opens, type RelayCockpit } from '../support/relay-cockpits.ts';
import { endRelayServers, relayServers } from '../support/relay-servers.ts';

let pagerDuty: PagerDuty;
beforeEach(async () => {
  pagerDuty = await new PagerDuty().start();
});
afterEach(async () => {
  await endCockpits();
  await pagerDuty.end();
  await endRelayServers();
});

const channels = () => ({ pagerDuty: { routingKey: 'R0', url: pagerDuty.url } });

function runnerOf({ settings, recorder }: RelayCockpit): Runner {
  return new Runner({
    settings,
    recorder,
    signal: new AbortController().signal,
    patient: false,
    // Only what is asked right before the effect stands in the way here.
    forbids: () => undefined,
    changed: () => undefined,
    logged: () => undefined,
  });
}

async function acknowledges(runner: Runner, page = 'page-1'): Promise<Run | undefined> {
  const plan = await runner.plan(ulid(), 'acknowledge-page', { page });
  expect(plan?.phase).toBe('planned');
  return runner.confirm(plan?.id ?? '', plan?.accepts ?? []);
}

describe.each(relayServers)('with $name', ({ started }) => {
  test('who is in control acts; after control was taken nothing is done any more', async () => {
    const { port } = await started();
    const [ana, ben] = [
      await cockpit('ana', port, { channels: channels() }),
      await cockpit('ben', port, { channels: channels() }),
    ];
    ana.do(opens);
    await eventually(() => expect(ben.incident).toBeDefined());
    await admits(ana, ben);
    expect(await acknowledges(runnerOf(ana))).toMatchObject({ outcome: 'verified' });
    expect(pagerDuty.acknowledged).toHaveLength(1);
    ben.do({ do: 'control', why: 'x' });
    await eventually(() => expect(ana.incident?.control.person).toBe('ben'));
    expect(await acknowledges(runnerOf(ana))).toMatchObject({
      outcome: 'cancelled',
      says: expect.stringMatching(/^ben controls/),
    });
    expect(pagerDuty.acknowledged).toHaveLength(1);
  });

  test('a cockpit that hung between plan and effect does nothing', async () => {
    const { port } = await started();
    let hangs = 0;
    const ana = await cockpit('ana', port, { channels: channels(), screenWaits: () => hangs });
    ana.do(opens);
    await eventually(() => expect(ana.incident).toBeDefined());
    const runner = runnerOf(ana);
    hangs = 40_000;
    expect(await acknowledges(runner)).toMatchObject({
      outcome: 'cancelled',
      says: expect.stringContaining('did not respond for 40 s'),
    });
    expect(pagerDuty.acknowledged).toHaveLength(0);
  });

  test('while one host runs an action on a target, another one is refused, and told who runs it', async () => {
    const { port } = await started();
    const [ana, ben] = [
      await cockpit('ana', port, { channels: channels() }),
      await cockpit('ben', port, { channels: channels() }),
    ];
    let second: Run | undefined;
    pagerDuty.before = async () => {
      pagerDuty.before = async () => {};
      second = await acknowledges(runnerOf(ben));
    };
    expect(await acknowledges(runnerOf(ana))).toMatchObject({ outcome: 'verified' });
    expect(second).toMatchObject({
      outcome: 'refused',
      says: expect.stringMatching(/^ana at .* is running acknowledge-page on it$/),
      hint: expect.stringMatching(/if its cockpit was killed, the target is free in (\d|1[0-5]) s$/),
    });
    expect(pagerDuty.acknowledged).toHaveLength(1);
    expect(await acknowledges(runnerOf(ben))).toMatchObject({ outcome: 'verified' });
  });
});
