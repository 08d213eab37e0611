// Which severity the world calls for, and why. A person decides; when unsure it is the higher one.

import type { Check } from '../core/actions/action.ts';
import { isBreached } from '../core/health/status.ts';
import { readyIn } from '../core/health/workloads.ts';
import type { Severity, Symptom } from '../core/incident/checklist.ts';
import { type Ms, second } from '../core/time.ts';
import type { FactId } from '../core/world/facts.ts';
import type { World } from '../core/world/world.ts';
import { checklistFor } from './checklists.ts';
import {
  disabledSurfaces,
  errors,
  failingSurfaces,
  findings,
  health,
  mostlyFailing,
  newStudies,
  primary,
  surfaces,
  workload,
} from './evidence.ts';
import { allRequests } from './sev1.ts';
import { sinceSays } from './surface-since.ts';

/** One line of evidence: the runbook's symptom, and its current state. */
export type Sign = { severity: Severity; say: string; check: Check };

export type Suggestion = {
  /** Absent: no problem is detected, or nothing was checked yet. */
  severity?: Severity;
  /** In one line. */
  because: string;
  /** True: a deciding fact is unknown, so this is the higher of two. */
  unsure: boolean;
  signs: readonly Sign[];
};

/** The runbook's symptoms of every severity as they are now. */
export function signs(world: World): readonly Sign[] {
  return ([1, 2, 3, 4] as const).flatMap((severity) =>
    checklistFor(severity).symptoms.map((s: Symptom): Sign => {
      const { state, because } = s.check(world);
      // A database that refuses is down, which SEV1 says; which surfaces and studies fail cannot be counted without it.
      const isUncounted = s.counts !== undefined && world.readings[s.counts].state === 'lost';
      return { severity, say: s.say, check: { state: isUncounted ? 'unknown' : state, because } };
    }),
  );
}

/** The facts that decide the severity, as a person calls them. */
const decisive = {
  gateway: 'the gateway',
  deployments: 'Kubernetes',
  primary: 'the database',
  traffic: 'the requests',
  studies: 'the studies',
  surfaces: 'the surfaces',
} as const satisfies Partial<Record<FactId, string>>;

/** The wait for a first answer; a hanging backend is lost by then. */
const firstAnswer: Ms = 15 * second;

/** Sources without a first answer. */
function stillAsked({ readings, now }: World): readonly string[] {
  const asked = (id: FactId) => {
    const reading = readings[id];
    return reading.state === 'pending' && now - (reading.since ?? now) < firstAnswer;
  };
  return Object.entries(decisive).flatMap(([id, name]) => (asked(id as FactId) ? [name] : []));
}

const nothingAnswered = ({ readings }: World): boolean =>
  Object.values(readings).every((reading) => reading.state === 'pending');

/** A pending answer proves nothing: until then only proven facts count. */
export function suggestSeverity(world: World): Suggestion {
  const found = suggestNow(world);
  const asked = stillAsked(world);
  const isProven = found.severity !== undefined && !found.unsure;
  if (isProven || asked.length === 0 || nothingAnswered(world)) return found;
  return { because: `waiting for ${asked.join(', ')}`, unsure: true, signs: found.signs };
}

function suggestNow(world: World): Suggestion {
  const all = signs(world);
  const give = (severity: Severity, because: string, unsure = false): Suggestion => ({
    severity,
    because,
    unsure,
    signs: all,
  });
  if (nothingAnswered(world)) return { because: 'no answer yet', unsure: true, signs: all };
  const answers = Object.values(world.readings);
  if (answers.every((reading) => reading.state !== 'live'))
    return give(1, 'nothing answers from here: it may be your network; treat it as an outage until you know', true);

  const api = health(world);
  const failing = errors(world, allRequests);
  const studies = newStudies(world);
  const db = primary(world);
  const gateway = workload(world, 'gateway');
  const says = (label: string, check: Check) => `${label}: ${check.because}`;

  if (failing.state === 'fail') return give(1, failing.because);
  if (db.state === 'fail' && api.state !== 'pass') return give(1, says('database', db));
  if (api.state === 'fail' && studies.state === 'fail') return give(1, `${says('health', api)}; no new studies`);
  if (api.state === 'fail' && gateway.state === 'fail' && nothingReady(world)) return give(1, says('gateway', gateway));
  if (api.state === 'fail') {
    if (failing.state === 'unknown' || studies.state === 'unknown')
      return give(1, `${says('health', api)}; request failures unknown`, true);
    return give(2, `${says('health', api)}; but requests and studies succeed`);
  }
  if (api.state === 'unknown' && (failing.state === 'unknown' || studies.state === 'fail'))
    return give(1, `the gateway is unknown: ${api.because}`, true);

  const mostly = mostlyFailing(world);
  if (mostly.state === 'fail') return give(2, mostly.because);
  const broken = failingSurfaces(world);
  if (broken.length > 1) return give(2, `${broken.length} surfaces fail: ${broken.map((s) => s.id).join(', ')}`);
  if (criticalOf(world, 'metric/errorRate')) return give(2, says('error rate', errors(world, 5)));
  if (db.state === 'fail') return give(2, says('database', db));
  if (broken.length === 1)
    return give(3, `one surface fails: ${surfaces(world, 1)[0]?.subject} ${surfaces(world, 1)[0]?.because}`);
  const [off] = disabledSurfaces(world);
  if (off !== undefined) return give(3, `${off} ${sinceSays(world, off)}`);

  const bad = findings(world).filter((f) => isBreached(f.verdict));
  const [first] = bad.toSorted((a, b) => Number(b.verdict === 'critical') - Number(a.verdict === 'critical'));
  if (first?.verdict === 'critical' && first.area === 'pods') return give(3, `${first.subject}: ${first.says}`);
  if (first) return give(4, `${first.subject}: ${first.says}`);
  const dark = findings(world).filter((f) => f.verdict === 'unknown');
  if (dark[0])
    return {
      because: `no problem detected, but ${dark[0].subject} is unknown: ${dark[0].says}`,
      unsure: true,
      signs: all,
    };
  return { because: 'no problem detected', unsure: false, signs: all };
}

function nothingReady(world: World): boolean {
  const { deployments } = world.readings;
  if (deployments.state !== 'live') return true;
  const gateway = deployments.value.find((d) => d.name === world.scope.deployments.gateway);
  return !gateway || readyIn(world, gateway).ready === 0;
}

const criticalOf = (world: World, id: string): boolean =>
  findings(world).some((f) => f.id === id && f.verdict === 'critical');
