// How a deployment is judged, by its replicas, its rollout and its pods.
import { describe, expect, test } from 'vitest';
import { assess } from '../../src/core/health/evaluate.ts';
import type { Cluster, Deployment, Pod } from '../../src/core/world/facts.ts';
import { calm, deployment, live, now, pod } from '../support/worlds.ts';

const broken = { ready: false, phase: 'Pending', reason: 'ImagePullBackOff' } as const;

function judged(d: Deployment, pods: readonly Pod[] = []) {
  const readings = { ...calm.readings, deployments: live([d]), pods: live(pods) };
  return assess({ ...calm, readings }).find(({ id }) => id === 'pods/executor');
}

const executor = (ready: number, more: Partial<Deployment> = {}) => deployment('executor', ready, 3, more);
const stuck = { rollout: { state: 'stuck', why: 'progress deadline exceeded' } } as const;
const rolling = { rollout: { state: 'progressing' } } as const;

describe('a deployment', () => {
  test.each([
    ['all replicas are ready', executor(3), [], 'ok'],
    ['one is not', executor(2), [], 'warning'],
    ['none is', executor(0), [], 'critical'],
    ['nothing is wanted', deployment('executor', 0, 0), [], 'ok'],
    ['its rollout is paused', executor(3, { rollout: { state: 'paused' } }), [], 'warning'],
    ['its rollout is stuck, the old ones serve', executor(3, stuck), [], 'warning'],
    ['its rollout is stuck, and replicas are missing', executor(2, stuck), [], 'critical'],
    ['it rolls', executor(3, rolling), [pod('executor', 'new', { ready: false, createdAt: now - 9000 })], 'ok'],
    ['it rolls, and a new pod fails', executor(3, rolling), [pod('executor', 'new', broken)], 'warning'],
    ['a pod of another fails', executor(3), [pod('other', 'new', broken)], 'ok'],
    ['a pod that ends fails', executor(3), [pod('executor', 'old', { ...broken, terminating: true })], 'ok'],
  ] as const)('%s', (_, d, pods, verdict) => expect(judged(d, pods)?.verdict).toBe(verdict));

  test('says first what is wrong', () => {
    const says = (d: Deployment) => judged(d, [pod('executor', 'new', broken)])?.says;
    expect(says(executor(3, stuck))).toBe('rollout stuck, ImagePullBackOff, 3/3 ready');
    expect(says(executor(3, rolling))).toBe('progressing, ImagePullBackOff, 3/3 ready');
    expect(says(executor(2, rolling))).toBe('2/3 ready, progressing, ImagePullBackOff');
    expect(judged(executor(3))?.says).toBe('3/3 ready');
  });
});

describe('this machine’s clock', () => {
  const clockOf = (clockOffset?: number) => {
    const { cluster } = calm.readings;
    const value = { ...(cluster.state === 'live' ? cluster.value : {}), ...(clockOffset ? { clockOffset } : {}) };
    const readings = { ...calm.readings, cluster: live(value as Cluster) };
    return assess({ ...calm, readings }).find(({ id }) => id === 'pods/clock');
  };

  test('is said where ages mislead by it', () => {
    expect(clockOf()).toBeUndefined();
    expect(clockOf(30_000)).toBeUndefined();
    expect(clockOf(-3_600_000)).toMatchObject({
      verdict: 'warning',
      says: 'this machine is 1 h 0 m ahead of the cluster',
    });
    expect(clockOf(120_000)?.says).toBe('this machine is 2 m 0 s behind the cluster');
  });
});
