// One look keeps V8 from compiling with TurboFan, where it is run from the script of such commands.
import { cachedDataVersionTag } from 'node:v8';
import { afterEach, expect, test, vi } from 'vitest';
import { ApiServer } from '../support/api-server.ts';
import { eventually } from '../support/eventually.ts';

afterEach(() => {
  vi.unstubAllEnvs();
  vi.resetModules();
});

/** V8's mark of compiled code says under which flags it may be taken. */
const usual = cachedDataVersionTag();
const isUsual = () => cachedDataVersionTag() === usual;

/** Looks at the cluster, whose answer waits for `when`; gives what was seen then. */
async function look(script: 'yes' | 'no', when: () => void): Promise<boolean> {
  vi.stubEnv('BENTHAM_COCKPIT_LOOKS_ONCE', script);
  const server = new ApiServer();
  let seen: boolean | undefined;
  server.version = async (_, answer) => {
    await eventually(when);
    seen = isUsual();
    answer.end('{"gitVersion":"v1.32.0"}');
  };
  await server.start();
  const { lookOnce } = await import('../../src/commands/status/look.ts');
  const { world, end } = await lookOnce(server.settings({ intervals: { timeout: 60_000 } }), 80_000, () => 0, [
    'cluster',
  ]);
  await end();
  await server.end();
  expect(world.readings.cluster.state).toBe('live');
  return seen ?? expect.fail('nobody asked');
}

test('while it waits for answers, and not when it has ended', async () => {
  expect(await look('yes', () => expect(isUsual()).toBe(false))).toBe(false);
  expect(isUsual()).toBe(true);
});

test('a look that takes long has it again', async () => {
  let wasOff = false;
  const again = () => {
    wasOff ||= !isUsual();
    expect([wasOff, isUsual()]).toEqual([true, true]);
  };
  expect(await look('yes', again)).toBe(true);
  expect(isUsual()).toBe(true);
});

test('not where the process goes on, or loads code that Node keeps', async () => {
  const changed = vi.fn();
  vi.doMock('node:v8', async (original) => ({ ...(await original<object>()), setFlagsFromString: changed }));
  await look('no', () => {});
  vi.doUnmock('node:v8');
  expect(changed).not.toHaveBeenCalled();
});
