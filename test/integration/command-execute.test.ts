// What commands may do to us, and what their ends prove: output without end, and connections that kubectl lost.
import { describe, expect, test } from 'vitest';
import type { CommandCall } from '../../src/core/actions/call.ts';
import { doubtOf } from '../../src/data/kubernetes/kubectl-exit.ts';
import { executeCommand } from '../../src/data/tools/execute.ts';

async function run(script: string, more: Partial<CommandCall> = {}) {
  const told: string[] = [];
  const call: CommandCall = { tool: 'command', argv: ['/bin/sh', '-c', script], within: 60_000, ...more };
  const tell = (lines: readonly string[]) => void told.push(...lines);
  return { done: await executeCommand(call, { tell, signal: new AbortController().signal }), told };
}

describe('a command with too much output', () => {
  test('of 200 MB without a line end keeps its beginning, marks the cut, and uses little memory', async () => {
    const before = process.memoryUsage().rss;
    let most = before;
    const sampling = setInterval(() => {
      most = Math.max(most, process.memoryUsage().rss);
    }, 20);
    const { done, told } = await run(`head -c 209715200 /dev/zero | tr '\\0' x; echo; echo the end`);
    clearInterval(sampling);
    expect(done).toMatchObject({ outcome: 'done' });
    expect(told).toHaveLength(2);
    expect(told[0]).toMatch(/^x{3900,4000} … \(line truncated\)$/);
    expect(told[1]).toBe('the end');
    expect((most - before) / 2 ** 20).toBeLessThan(120);
  });

  test('of a million lines counts omitted lines, and shows the last one', async () => {
    const { done, told } = await run('seq 1000000; echo broken >&2; exit 3');
    expect(done).toMatchObject({ outcome: 'failed', says: '/bin/sh failed with exit code 3: broken' });
    expect(told.some((text) => /^… \d+ lines omitted$/.test(text))).toBe(true);
    expect(told.length).toBeLessThan(200_000);
  });

  test('that stops in the middle of a line shows that, too', async () => {
    expect((await run(`printf 'half a line'`)).told).toEqual(['half a line']);
  });
});

const lostWords = [
  'Unable to connect to the server: dial tcp 10.0.0.1:6443: i/o timeout',
  'The connection to the server 127.0.0.1:1 was refused - did you specify the right host or port?',
  'Error from server (Timeout): the server was unable to return a response in the time allotted',
  'Patch "https://x/apis/apps/v1/…": EOF',
  'error: Get "https://x": context deadline exceeded',
  'read tcp 10.0.0.2:5->10.0.0.1:6443: read: connection reset by peer',
];

describe('a kubectl that fails', () => {
  test.each(lostWords)(
    'that loses its connection after it applied an object has an unknown outcome: %s',
    async (said) => {
      const script = `echo 'deployment.apps/executor configured'; echo '${said}' >&2; exit 1`;
      const { done } = await run(script, { reaches: 'kubernetes' });
      expect(done).toMatchObject({ outcome: 'unknown' });
      expect(done.says).toContain('after 1 applied object');
      // A command that speaks to nobody else knows how it ended.
      expect((await run(script)).done).toMatchObject({ outcome: 'failed' });
    },
  );

  test('that the server refuses has failed', async () => {
    const refusals = [
      'Error from server (Forbidden): deployments.apps "x" is forbidden: User "ops" cannot patch resource',
      'Error from server (Invalid): error when applying patch: spec.replicas: Invalid value: -1',
      'Error from server (BadRequest): readinessProbe timed out: connection refused, says a policy',
      'Error from server (InternalError): Internal error occurred: failed calling webhook "x": EOF',
      'error: error validating "a.yaml": unknown field "spec.replcas"',
    ];
    for (const said of refusals) {
      const { done } = await run(`echo 'service/a created'; echo '${said}' >&2; exit 1`, { reaches: 'kubernetes' });
      expect(done, said).toMatchObject({ outcome: 'failed' });
    }
  });

  test('that sent nothing did nothing; while it waits for an answer, the outcome is unknown', () => {
    expect(doubtOf(['The connection to the server x was refused'], {})).toBeUndefined();
    expect(doubtOf(['Unable to connect to the server: no such host'], {})).toBeUndefined();
    expect(doubtOf(['Patch "https://x": EOF'], {})).toContain('connection lost: Patch');
    expect(doubtOf([], { signal: 'SIGKILL' })).toContain('killed by SIGKILL');
    expect(doubtOf(['error: the path "k8s/none" does not exist'], {})).toBeUndefined();
  });
});
