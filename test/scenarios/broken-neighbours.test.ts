// Bentham works, and what runs beside it in its namespace does not: everywhere it is told, nowhere all is fine.
import { execFile } from 'node:child_process';
import { afterAll, beforeAll, expect, test } from 'vitest';
import type { Drill } from '../../simulator/drill.ts';
import { drillOf, launcher } from '../support/drill.ts';

let drill: Drill;
beforeAll(async () => {
  drill = await drillOf('broken-neighbours');
});
afterAll(() => drill.stop());

function status(...args: readonly string[]): Promise<{ code: number; out: string }> {
  const env = { ...process.env, ...drill.environment, NO_COLOR: '1' };
  return new Promise((resolve) => {
    execFile(process.execPath, [launcher, 'status', ...args], { env }, (error, out) =>
      resolve({ code: Number(error?.code ?? 0), out }),
    );
  });
}

test('status names each broken workload with its reason, and ends with a warning', async () => {
  const { code, out } = await status('--timeout', '15');
  expect(code).toBe(1);
  expect(out).toMatch(/▲ session-proxy +0\/2 ready, progressing, (ImagePullBackOff|ErrImagePull)/);
  expect(out).toMatch(/▲ event-bus +StatefulSet 0\/2 ready/);
  expect(out).toMatch(/▲ export-reports +Job failed: BackoffLimitExceeded/);
  expect(out).toMatch(/▲ data-event-bus-1 +PersistentVolumeClaim Pending/);
  expect(out).not.toMatch(/all \d+ checks pass/);
});

test('the one line for a prompt warns', async () => {
  expect((await status('--line', '--timeout', '15')).out).toMatch(/WARN session-proxy 0\/2 ready/);
});

test('the rollout of a stateful set is followed with the reason of its pods', async () => {
  const { code, out } = await status('--rollout', 'statefulset/event-bus', '--timeout', '3');
  expect(code).toBe(3);
  expect(out).toMatch(/rolled out, 0 of 2 ready/);
});
