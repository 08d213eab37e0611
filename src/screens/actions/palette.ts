// The key that lists the actions for the selected row, and the palette entry of every action.
import { actionById, allActions } from '../../actions/index.ts';
import type { Action, ActionId, Target } from '../../core/actions/action.ts';
import { fixFirst } from '../../core/health/fix-first.ts';
import { evaluateMetric, metrics } from '../../core/health/metrics.ts';
import { isBreached } from '../../core/health/status.ts';
import { isHeld } from '../../core/health/studies.ts';
import { isOngoing } from '../../core/incident/incident.ts';
import { present } from '../../core/present.ts';
import { uncapitalized } from '../../core/text/text.ts';
import { newest } from '../../core/world/reading.ts';
import { findStep } from '../../runbook/checklists.ts';
import type { Concern } from '../../runbook/remedy.ts';
import type { State } from '../../store.ts';
import { firstTarget } from '../incident/offers.ts';
import { ownFields } from '../own/palette.ts';
import type { Binding, Entry, Here } from '../screen.ts';
import { aboutOf } from '../toolkit/selectors.ts';
import { armForm } from './arm.ts';
import { offer, whyNot } from './offer.ts';
import { remediesOf } from './remedies.ts';

/**
 * What the marker is on, or the open screen, as fields of actions; `action` is the one that is meant first: what the
 * evidence points to, else what the runbook says of it.
 */
export function targetOf(here: Here): Target {
  const { state, place, row } = here;
  if (place.screen === 'act') return place.of;
  if (row?.target) return row.target;
  // Rows without a target of their own take it from what they open.
  const about = aboutOf(place, row);
  const pod = newest(state.world.readings.pods)?.value.find((p) => p.uid === about.pod || p.name === about.pod);
  const deployment = about.deployment ?? pod?.app;
  const { metric, backend, surface, study } = about;
  const all = remediesOf(state);
  const concerns = [
    metric && `metric/${metric}`,
    backend && `backend/${backend}`,
    deployment && `deployment/${deployment}`,
    surface && !study && `surface/${surface}`,
  ].filter(Boolean) as readonly Concern[];
  const isElsewhere = concerns.length === 0 && Object.values({ ...about, pod }).some(Boolean);
  const remedy = concerns.length > 0 ? all.find((one) => concerns.some((each) => one.concerns.includes(each))) : all[0];
  if (remedy && !isElsewhere) return { ...remedy.target, action: remedy.action };
  if (metric) return forMetric(metric, state);
  if (backend) return forBackend(backend, state);
  return present({
    deployment: deployment && isDeployed(deployment, state) ? deployment : undefined,
    // A failing surface is disabled first (runbook, SEV3); where a study is marked, its jobs are meant.
    action: surface && !study ? 'disable-surface' : study && isHeldHere(study, state) ? 'resume-study' : undefined,
    surface,
    study,
  });
}

const isHeldHere = (id: string, { world }: State): boolean =>
  newest(world.readings.studies)?.value.active.some((study) => study.id === id && isHeld(study)) ?? false;

/** What the runbook says of a metric, as its own checklist offers it. */
function forMetric(metric: string, state: State): Target {
  const { world } = state;
  const measured = metrics.find(({ id }) => id === metric);
  const first = measured && isBreached(evaluateMetric(measured, world)) ? fixFirst(measured.id, world) : undefined;
  if (first?.deployment) return { deployment: first.deployment };
  if (first?.surface) return { action: 'test-surface', surface: first.surface };
  if (first) return metric === 'connections' ? { action: 'end-session' } : {};
  const step = findStep(`sev4/${metric}`)?.step;
  const offered = step && firstTarget(step, state);
  if (offered) return offered;
  if (metric === 'studyFailures') return { action: 'test-surface' };
  return metric === 'errorRate' ? { deployment: world.scope.deployments.gateway } : {};
}

/** A database that answers has sessions to end. */
function forBackend(backend: string, { world }: State): Target {
  if (backend === 'gateway') return { deployment: world.scope.deployments.gateway };
  if (backend === 'redis') return { action: 'evict-redis' };
  return backend === 'primary' && world.readings.primary.state === 'live' ? { action: 'end-session' } : {};
}

/** Pods may belong to something that is no deployment. */
function isDeployed(name: string, { world: { readings } }: State): boolean {
  return newest(readings.deployments)?.value.some((d) => d.name === name) ?? false;
}

export const actBinding: Binding = {
  id: 'act',
  keys: ['a'],
  title: 'act',
  about: 'list the actions, those for the selected row first',
  footer: 40,
  unless: ({ state }) => (state.incidentContext?.observing ? 'this cockpit only observes' : undefined),
  run: (here) => [{ kind: 'open', screen: 'act', of: { ...ownFields(here), ...targetOf(here) } }],
};

const preserve: ActionId = 'preserve-evidence';

/** Straight to the plan, which says what and how much; the palette's own entry asks for a place and a time first. */
export const preserveBinding: Binding = {
  id: 'preserve',
  keys: ['V'],
  title: 'preserve evidence',
  about: 'save logs, events, objects, sessions and the journal into one archive; the plan comes first',
  also: 'save evidence export logs bundle archive',
  footer: 67,
  inFooter: ({ state }) => state.incident !== undefined && isOngoing(state.incident),
  unless: ({ state }) => whyNot(state, actionById[preserve]),
  run: ({ state }) => offer(state, preserve, {}, {}),
};

/** Why arming does nothing now. */
function cannotArm({ arming }: State): string | undefined {
  if (arming.state === 'locked') return arming.why;
  return arming.state === 'open' ? 'this environment is not read-only' : undefined;
}

/** The names of what actions are done to one by one. */
const namesOf: Readonly<Record<NonNullable<Action['each']>['field'], (state: State) => readonly string[]>> = {
  deployment: ({ world }) => Object.values(world.scope.deployments),
  surface: ({ world }) => newest(world.readings.surfaces)?.value.surfaces.map(({ id }) => id) ?? [],
};

/** What is done, and to what. */
const idOf = (action: ActionId, target: Target): string =>
  [
    'action',
    action,
    ...Object.entries(target)
      .map(([field, name]) => `${field}=${name}`)
      .toSorted(),
  ].join('/');

function entryOf(state: State, action: Action, title: string, target: Target = {}): Entry {
  const why = whyNot(state, action, target);
  return {
    id: idOf(action.id, target),
    title,
    about: action.about.does,
    also: action.also,
    unless: why,
    run: offer(state, action.id, target),
  };
}

/** What the evidence points to, before everything else. */
export const remedyEntries = (state: State): readonly Entry[] =>
  remediesOf(state).map(({ action, target, fills = {}, title, because }) => ({
    id: idOf(action, { ...target, ...fills }),
    title,
    about: `because ${because}`,
    also: actionById[action].also,
    unless: whyNot(state, actionById[action], target),
    run: offer(state, action, target, fills),
  }));

/** In the palette every action has its own entry; what is done to a deployment or a surface, one for each of them. */
export const actionEntries = (state: State): readonly Entry[] => [
  ...allActions(state.own).flatMap((action) => {
    const { each } = action;
    return [
      entryOf(state, action, uncapitalized(action.title)),
      ...(each
        ? namesOf[each.field](state).map((name) => entryOf(state, action, each.title(name), { [each.field]: name }))
        : []),
    ];
  }),
  {
    id: 'arm',
    title: 'arm',
    about: 'allow changes in production for a limited time; the reason is recorded',
    unless: cannotArm(state),
    run: [{ kind: 'form', form: armForm(state) }],
  },
  {
    id: 'disarm',
    title: 'disarm',
    about: 'make the environment read-only again now',
    unless: state.arming.state === 'armed' ? undefined : 'it is not armed',
    run: [{ kind: 'send', command: { kind: 'disarm' } }],
  },
];
