// Waits for rollouts as kubectl rollout status does, and ends as soon as one cannot complete: kubectl would wait for the
// progress deadline.
import type { Check } from '../../core/actions/action.ts';
import type { RolloutCall } from '../../core/actions/call.ts';
import type { Progress } from '../../core/actions/progress.ts';
import { progressOf } from '../../core/actions/rollout-progress.ts';
import { formatAge } from '../../core/text/format.ts';
import { quote } from '../../core/text/shell.ts';
import { type Ms, second } from '../../core/time.ts';
import type { CallResult, ExecutionContext } from '../call-result.ts';
import { pause } from '../source.ts';
import { KubernetesPreflight } from './preflight.ts';

const every: Ms = second;

export async function waitForRollouts(
  { deployments, namespace, within }: RolloutCall,
  { settings, signal, tell, progress }: ExecutionContext,
): Promise<CallResult> {
  const kubernetes = new KubernetesPreflight({ ...settings.kubernetes, namespace }, signal);
  const startedAt = Date.now();
  const left = new Set(deployments);
  const look = { revisions: (name: string) => kubernetes.revisions(name), now: () => Date.now() };
  const failed = (name: string, why: string): CallResult => ({
    ...{ outcome: 'failed', says: `rollout of ${name} in ${namespace}: ${why}` },
    hint: `kubectl describe ${quote(`deployment/${name}`)} -n ${quote(namespace)}; way back: kubectl rollout undo ${quote(`deployment/${name}`)} -n ${quote(namespace)}`,
  });
  try {
    for (;;) {
      let waits: { name: string; why: string; progress?: Progress | undefined } = { name: '', why: '' };
      for (const name of left) {
        const found = await kubernetes.deployment(name);
        if (signal.aborted) return { outcome: 'cancelled', says: 'stopped; what was applied before stays' };
        const open: Check | undefined = found.ok
          ? await progressOf(found.value, look, startedAt)
          : { state: 'unknown', because: found.fault.what };
        if (open && found.ok && found.value.paused) return failed(name, 'the deployment is paused');
        if (!open && found.ok) {
          left.delete(name);
          tell([`${name} in ${namespace}: revision ${found.value.revision} is rolled out`]);
        } else if (open?.state === 'fail') return failed(name, open.because);
        else if (open) waits = { name, why: open.because, progress: open.progress };
      }
      if (left.size === 0) return { outcome: 'done', says: `${deployments.join(', ')} rolled out in ${namespace}` };
      progress?.(`${waits.name}: ${waits.why}`, waits.progress);
      if (Date.now() - startedAt > within)
        return failed(waits.name, `not complete within ${formatAge(within)}: ${waits.why}`);
      await pause(every, signal);
    }
  } finally {
    await kubernetes.close();
  }
}
