import { afterEach, expect, test } from 'vitest';
import { Pools } from '../../src/data/kubernetes/pools.ts';

const url = new URL('https://127.0.0.1:1');
const cluster = { name: 'c', server: url.origin, skipTLSVerify: false };
let pools: Pools;
const made = (pinged?: () => void) => {
  pools = new Pools({ context: 'c', cluster, user: { name: 'u' } } as ConstructorParameters<typeof Pools>[0], {
    pinged,
  });
  return (use: 'answer' | 'beat', now: number) => pools.of({}, url, use, now);
};
afterEach(() => pools.close());

test('heartbeats have a connection of their own where PINGs count, and else share the others', () => {
  const of = made();
  expect(of('beat', 0)).toBe(of('answer', 0));
  const pinging = made(() => {});
  expect(pinging('beat', 0)).not.toBe(pinging('answer', 0));
});

test('where no PING was answered in ten seconds they share the others, until one of them fails', async () => {
  const of = made(() => {});
  const beat = of('beat', 0);
  expect(of('beat', 9000)).toBe(beat);
  expect(of('beat', 11_000)).toBe(of('answer', 11_000));
  await pools.dropBeats();
  expect(of('beat', 12_000)).not.toBe(of('answer', 12_000));
  expect(of('beat', 21_000)).not.toBe(of('answer', 21_000));
});
