// How credential plugins are run, and how often.
import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { Renewal } from '../../src/data/kubernetes/credential-renewal.ts';
import { runPlugin } from '../../src/data/kubernetes/exec-plugin.ts';

const shell = (script: string) => ({
  apiVersion: 'client.authentication.k8s.io/v1',
  command: '/bin/sh',
  args: ['-c', script],
  env: { WHO: 'me' },
  provideClusterInfo: false,
  needsTerminal: false,
  takesTerminal: true,
});
const run = (script: string, time?: number) =>
  runPlugin(shell(script), '{"kind":"ExecCredential"}', () => {}, time === undefined ? {} : { time });

describe('a credential plugin', () => {
  it('gets the configured arguments, in a session without a terminal', async () => {
    const script = 'printf "%s %s " "$WHO" "$KUBERNETES_EXEC_INFO"; (: </dev/tty) 2>/dev/null || printf none';
    expect(await run(script)).toEqual({ kind: 'output', output: 'me {"kind":"ExecCredential"} none' });
  });

  it('that fails is reported with its last output, sanitized and limited', async () => {
    const secret = 'eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxIn0.c2VjcmV0c2VjcmV0';
    const ended = await run(
      `yes noise | head -c 100000 >&2; printf '\\033]0;title\\007\\nexpired\\ntoken: ${secret}\\n' >&2; exit 2`,
    );
    const said = 'said' in ended ? ended.said : '';
    expect(ended.kind).toBe('failed');
    expect(said).toContain('expired');
    expect(said).not.toContain('\u001b');
    expect(said).not.toContain(secret);
    expect(said.length).toBeLessThan(320);
  });

  it('that hangs is stopped with its child processes', async () => {
    const ended = await run('sleep 600 & echo $! >&2; wait', 300);
    expect(ended).toMatchObject({ kind: 'overdue', said: expect.stringMatching(/^\d+$/) });
    const left = 'said' in ended ? Number(ended.said) : 0;
    await expect.poll(() => runs(left)).toBe(false);
  });

  it('that leaves a child process is not waited for, and one that does not stop printing is stopped', async () => {
    expect(await run('sleep 600 & echo done')).toEqual({ kind: 'output', output: 'done\n' });
    expect(await run('yes')).toMatchObject({ kind: 'flood' });
    const absent = await runPlugin({ ...shell(''), command: 'no-such-plugin' }, '', () => {});
    expect(absent).toMatchObject({ kind: 'missing' });
  });
});

/** Whether a process is there, and not only waits to be buried. */
function runs(pid: number): boolean {
  try {
    return !/^State:\s+[ZX]/m.test(readFileSync(`/proc/${pid}/status`, 'utf8'));
  } catch {
    return false;
  }
}

describe('a renewal', () => {
  let now = 0;
  let attempts = 0;
  type Token = { expires: number };
  const renewal = (obtain: () => Promise<Token>, first = 5000) => {
    now = 0;
    attempts = 0;
    return new Renewal<Token>({
      obtain: () => {
        attempts += 1;
        return obtain();
      },
      usable: ({ expires }) => expires > now,
      first,
      clock: () => now,
    });
  };
  const fail = () => Promise.reject(new Error('no'));

  it('pauses longer after each failure: 70 s of requests are few attempts', async () => {
    const failing = renewal(fail);
    for (; now < 70_000; now += 1000) await expect(failing.get()).rejects.toThrow('no');
    expect(attempts).toBeGreaterThan(2);
    expect(attempts).toBeLessThan(6);
  });

  it('is one attempt for all concurrent requests', async () => {
    const one = renewal(() => Promise.resolve({ expires: 9e9 }));
    expect(new Set(await Promise.all([one.get(), one.get(), one.get()])).size).toBe(1);
    expect(attempts).toBe(1);
  });

  it('of credentials that have expired on arrival is used, and not repeated at once', async () => {
    const skewed = renewal(() => Promise.resolve({ expires: -1 }));
    for (const _ of [1, 2, 3]) expect(await skewed.get()).toEqual({ expires: -1 });
    expect(attempts).toBe(1);
    now += 6000;
    await skewed.get();
    expect(attempts).toBe(2);
  });

  it('after a refusal happens once; the pause ends when the server accepts the new credentials', async () => {
    const one = renewal(() => Promise.resolve({ expires: 9e9 }));
    const first = await one.get();
    expect(one.refused(first)).toBe(true);
    const second = await one.get();
    expect(one.refused(first)).toBe(true);
    expect(one.refused(second)).toBe(false);
    expect(attempts).toBe(2);
    one.accepted(second);
    expect(one.refused(second)).toBe(true);
    expect(await one.get()).not.toBe(second);
    expect(attempts).toBe(3);
  });

  it('that runs no plugin has no pauses', async () => {
    const file = renewal(fail, 0);
    for (const _ of [1, 2, 3]) await expect(file.get()).rejects.toThrow('no');
    expect(attempts).toBe(3);
  });
});
