// A verified action settles the step that offers it, and nothing else does.
import { expect, test } from 'vitest';
import type { Event } from '../../src/core/incident/event.ts';
import { settledSteps } from '../../src/runbook/settled-steps.ts';
import { tell } from '../support/story.ts';
import { calm, now, outage } from '../support/worlds.ts';

const opened = { kind: 'opened', title: 'Complete API outage', why: 'x' } as const;
const ran = (
  action: 'restart-deployment' | 'rollback-deployment' | 'scale-deployment',
  ...phases: readonly ('started' | 'verified' | 'unverified')[]
) => phases.map((phase) => ({ kind: 'action', run: 'r1', action, target: 'deployment/api-gateway', phase }) as const);
const told = (severity: 1 | 3 | 4, ...events: readonly Event[]) =>
  tell(now, [0, 'ops1', { ...opened, severity }], ...events.map((event, at) => [at + 1, 'ops1', event] as const));
const settled = (severity: 1 | 3 | 4, events: readonly Event[], world = calm, session?: string) => {
  const incident = told(severity, ...events);
  return settledSteps(incident, session ?? incident.control.session, world);
};
const step = 'sev1/restart-gateway';

test('a verified restart answers its question with yes, whatever the metrics still say', () => {
  expect(settled(1, ran('restart-deployment', 'started', 'verified'), outage)).toEqual([
    { do: 'decide', step, answer: 'yes', why: 'restart gateway: verified' },
  ]);
});

test('a verified roll back answers it with no', () => {
  const events = ran('rollback-deployment', 'started', 'verified');
  expect(settled(1, events, outage)).toEqual([
    { do: 'decide', step, answer: 'no', why: 'roll back gateway: verified' },
  ]);
});

test.each([
  ['one that was not verified', ran('restart-deployment', 'started', 'unverified'), undefined],
  ['one that is running', ran('restart-deployment', 'started'), undefined],
  ['one of another cockpit', ran('restart-deployment', 'started', 'verified'), 'another'],
  [
    'a step that is answered',
    [...ran('restart-deployment', 'verified'), { kind: 'decision', step, answer: 'yes', why: 'x' }],
    undefined,
  ],
  [
    'a step that was reopened since',
    [...ran('restart-deployment', 'verified'), { kind: 'step', step, mark: 'reopened' }],
    undefined,
  ],
] as const)('not by %s', (_, events, session) => expect(settled(1, events, calm, session)).toEqual([]));

test('a scaled deployment answers the step of its own metric only', () => {
  expect(settled(4, ran('scale-deployment', 'verified'))).toEqual([
    { do: 'decide', step: 'sev4/p95', answer: 'yes', why: 'scale API nodes: verified' },
  ]);
});

test('a step without a question is done once its check passes, and not before', () => {
  const disabled = { kind: 'action', run: 'r1', action: 'disable-surface', target: 'surface/openai-api' } as const;
  const incident = (...events: readonly Event[]) => told(3, { ...disabled, phase: 'verified' }, ...events);
  const steps = (of: ReturnType<typeof incident>, world = outage) =>
    settledSteps(of, of.control.session, world).map((one) => 'step' in one && one.step);
  expect(steps(incident())).toContain('sev3/disable');
  const enabled = { ...disabled, run: 'r2', action: 'enable-surface', phase: 'verified' } as const;
  expect(steps(incident(enabled))).not.toContain('sev3/disable');
});
