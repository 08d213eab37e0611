// The look for proof after the calls: until the facts prove it, disprove it, or the time is up.
import type { Execution, Plan, Proof } from '../../core/actions/action.ts';
import type { Run, RunOutcome } from '../../core/actions/run.ts';
import { formatAge } from '../../core/text/format.ts';
import { sanitize } from '../../core/text/text.ts';
import { type Ms, second } from '../../core/time.ts';
import { pause } from '../../data/source.ts';
import type { LiveRun } from './live-run.ts';

const lookAgainEvery: Ms = second;
/** Once the time for proof is over. */
const lookPatientlyEvery: Ms = 5 * second;

/** `uncertainty`: why nobody knows whether it happened; then only the facts may say so. */
export async function prove(
  live: LiveRun,
  plan: Pick<Plan, 'baseline'>,
  uncertainty: string | undefined,
): Promise<Run> {
  if (uncertainty !== undefined) await live.record('unknown', { detail: uncertainty });
  const { state, because, final } = await lookForProof(live, plan, uncertainty);
  const next = live.next(plan);
  const proven = async (outcome: RunOutcome & ('verified' | 'unverified' | 'failed'), says: string, hint?: string) => {
    await live.record(outcome, { detail: says });
    return live.end(outcome, says, { next, ...(hint ? { hint } : {}) });
  };
  if (uncertainty === undefined) {
    if (state === 'pass') return proven('verified', because);
    const within = formatAge(live.action.within);
    const why = state === 'fail' || final ? because : `not proven within ${within}: ${because}`;
    return proven(
      'unverified',
      why,
      live.run.calls.length === 0 ? 'look at the facts' : 'it was done; look at the facts',
    );
  }
  if (state === 'pass') return proven('verified', `${uncertainty}, but it happened: ${because}`);
  if (state === 'fail') return proven('failed', `${uncertainty}, and the facts say: ${because}`);
  return live.end('unknown', `outcome unknown: ${uncertainty}; seen last: ${because}`, {
    hint: 'look before you try again',
    next,
  });
}

async function lookForProof(
  live: LiveRun,
  plan: Pick<Plan, 'baseline'>,
  uncertainty: string | undefined,
): Promise<Proof> {
  const { action, preflight, leave } = live;
  const { signal, patient } = live.options;
  const over = AbortSignal.any([leave.signal, signal]);
  const startedAt = live.run.startedAt ?? Date.now();
  const until = Date.now() + action.within;
  let proof: Proof = { state: 'unknown', because: 'not looked yet' };
  while (!over.aborted) {
    const { id: run, target, output } = live.run;
    const done: Execution = { run, target, plan, startedAt, output, uncertainty };
    const seen = await action
      .verify(done, preflight)
      .catch((error: unknown): Proof => ({ state: 'unknown', because: sanitize(error, 200) }));
    if (over.aborted) break;
    proof = seen;
    const late = Date.now() >= until;
    if (proof.state !== 'unknown' || proof.final || (late && !(patient && uncertainty !== undefined))) break;
    live.tell({ kind: 'seen', says: proof.because });
    await pause(late ? lookPatientlyEvery : lookAgainEvery, over);
  }
  return proof;
}
