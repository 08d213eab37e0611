// From an action to its confirmation: ask for missing fields, let the engine check, show the plan.
import { ulid } from 'ulid';
import { findAction } from '../../actions/index.ts';
import type { Action, ActionId, Choice, Field, Risk, Target } from '../../core/actions/action.ts';
import { forbids, settle } from '../../core/actions/arming.ts';
import { distinct } from '../../core/actions/choices.ts';
import { hintFor, wrongValue } from '../../core/actions/field.ts';
import { wordOf } from '../../core/actions/plan-text.ts';
import type { ActionContext } from '../../core/actions/preflight.ts';
import { acceptsFor, planLasts, type Run, riskOf } from '../../core/actions/run.ts';
import { type Query, queryReading } from '../../core/queries/query.ts';
import { shortAge } from '../../core/text/format.ts';
import { momentSays, parseSince } from '../../core/text/since.ts';
import { stripControl } from '../../core/text/text.ts';
import type { Ms } from '../../core/time.ts';
import { newest } from '../../core/world/reading.ts';
import type { Confirmation, FormField, Intent, Remedy, State } from '../../store.ts';
import { armForm } from './arm.ts';
import { planLines } from './lines.ts';

/** Why the action is unavailable now, as far as the screen knows. */
export function whyNot(state: State, action: Action, target: Target = {}): string | undefined {
  if (state.incidentContext?.observing) return 'this cockpit only observes';
  return action.unavailable?.(state.world, target) ?? state.lacking?.[action.id];
}

/**
 * Starts an action: a form for missing fields, then the preflight and the confirmation. `fills`: what the form begins
 * with, where the evidence points to this action; then a form that would ask only for what has a default is left out.
 */
export function offer(state: State, id: ActionId, target: Target = {}, fills?: Target): readonly Intent[] {
  const action = findAction(id, state.own);
  if (!action) return [];
  const why = whyNot(state, action, target);
  if (why !== undefined) return [{ kind: 'notice', says: `${action.title}: ${why}`, verdict: 'unknown' }];
  const missing = action.fields.filter((field) => !target[field.name] && (field.asked?.(state.world) ?? true));
  const hasDefault = ({ name, optional, preset }: Field) =>
    fills !== undefined && fills[name] === undefined && (optional || preset !== undefined);
  if (missing.every(hasDefault)) return begin(state, action, target);
  return [
    {
      kind: 'form',
      form: {
        title: action.asks?.(state.world, target) ?? action.title,
        fields: missing.map((field) => asked(action, field, target, fills?.[field.name])),
        submit: (values) => begin(state, action, { ...target, ...given(values) }),
      },
    },
  ];
}

function asked(action: Action, field: Field, before: Target, fill?: string): FormField {
  const { choices, look } = field;
  const asks = (values: Target): Query<'choices'> => {
    const known = { ...before, ...given(values) };
    delete known[field.name];
    return { kind: 'choices', action: action.id, field: field.name, target: JSON.stringify(known) };
  };
  const live = (state: State, values: Target): readonly Choice[] => [
    ...distinct([
      ...(choices?.(state.world) ?? []),
      ...(look ? (newest(queryReading(state.queries, asks(values)))?.value ?? []) : []),
    ]),
  ];
  return {
    name: field.name,
    ask: field.ask,
    kind: field.kind,
    lines: field.lines,
    hint: ({ world }, values) => hintFor(field, world, { ...before, ...given(values) }),
    help: `${action.title}: ${action.about.does}. The value is --${field.name} of bentham-cockpit run ${action.id}.`,
    optional: field.optional || field.preset !== undefined ? true : undefined,
    value: fill ?? field.preset,
    choices: choices || look ? live : undefined,
    wrong(text, { world }) {
      const found = wrongValue(field, text, world.now);
      return found && `${field.name} ${found.why}: ${found.hint}`;
    },
    means: field.time && ((text, { world }) => momentSays(parseSince(text, world.now), world.now)),
    looks: look ? asks : undefined,
  };
}

function given(values: Readonly<Record<string, string>>): Record<string, string> {
  return Object.fromEntries(Object.entries(values).filter(([, value]) => value !== ''));
}

function begin(state: State, action: Action, target: Target): readonly Intent[] {
  const run = ulid();
  return [
    { kind: 'send', command: { kind: 'run', run, what: { do: 'plan', action: action.id, target } } },
    { kind: 'open', screen: 'run', of: { run } },
    ...(action.reads
      ? []
      : [{ kind: 'confirm', ask: confirmation(run, action, acceptsOf(state, action, target)) } as const]),
  ];
}

/** The texts to type are known before the plan is. The engine compares them again. */
function acceptsOf({ incidentContext, world: { scope } }: State, action: Action, target: Target): readonly string[] {
  const presets = Object.fromEntries(
    action.fields.flatMap((f) => (f.preset === undefined ? [] : [[f.name, f.preset]])),
  );
  const risk = riskOf(action, { ...presets, ...target });
  if (!incidentContext) return acceptsFor(risk, Object.values(target)[0] ?? action.id, scope.environment);
  const { targets } = incidentContext;
  const context: ActionContext = {
    environment: scope.environment,
    targets,
    schema: 'public',
    admin: { command: ['pnpm'], environment: [] },
    kubectl: 'kubectl',
    checkpoint: 0,
  };
  return acceptsFor(risk, action.names({ ...presets, ...target }, context), scope.environment);
}

/** So long after it appeared nobody has read a plan; a held key repeats within this. The clock ticks once a second. */
const unread: Ms = 600;

/** Why a run cannot be confirmed now. */
function notNow(state: State, run: Run | undefined): string | undefined {
  if (!run || run.phase === 'planning') return 'checking …';
  if (run.phase !== 'planned') return run.says ?? 'already running';
  // A key meant for the previous screen, or still held down from there, must not confirm an unread plan.
  if (run.accepts.length === 0 && state.world.now - (run.plannedAt ?? 0) < unread)
    return 'the plan has just appeared; read it, then press y';
  if (isOld(state, run)) return `the plan is older than ${shortAge(planLasts)}`;
  return forbids(state.arming, state.world.now, armKey, run.onlyReads);
}

const isOld = ({ world: { now } }: State, { plannedAt = now }: Run): boolean => now - plannedAt > planLasts;

/** Arms a read-only environment from the plan itself. */
const armKey = 'a';

/** Makes the same plan again. */
const againKey = 'r';

/** What removes the reason why a plan cannot be confirmed. */
function remedyFor(state: State, run: Run | undefined): Remedy | undefined {
  if (run?.phase !== 'planned') return undefined;
  const action = findAction(run.action, state.own);
  if (isOld(state, run))
    return {
      key: againKey,
      title: 'plan again',
      intents: [
        cancel(run.id),
        { kind: 'close' },
        { kind: 'back' },
        ...(action ? begin(state, action, run.target) : []),
      ],
    };
  if (run.onlyReads || settle(state.arming, state.world.now).state !== 'read-only') return undefined;
  return { key: armKey, title: `arm ${state.world.scope.environment}`, form: armForm(state) };
}

/** Until its plan is known, the worst. */
function dangerOf(risk: Risk, run: Run | undefined): string | undefined {
  if (risk !== 'irreversible') return undefined;
  return run?.plan?.undo === undefined ? 'IRREVERSIBLE' : 'LIMITED UNDO';
}

const cancel = (run: string): Intent => ({ kind: 'send', command: { kind: 'run', run, what: { do: 'cancel' } } });

function confirmation(run: string, action: Action, texts: readonly string[]): Confirmation {
  const word = wordOf(action.id);
  return {
    title: action.title,
    heading: (state) => state.runs[run]?.title,
    danger: (state) => dangerOf(state.runs[run]?.risk ?? action.risk, state.runs[run]),
    version: (state) => state.runs[run]?.plannedAt,
    lines: (state, columns) => planLines(state.runs[run], state, columns),
    accept:
      texts.length === 0 ? { by: 'key', word } : { by: 'type', texts: texts.map((t) => stripControl(t, 200)), word },
    unless: (state) => notNow(state, state.runs[run]),
    remedy: (state) => remedyFor(state, state.runs[run]),
    accepted: () => [{ kind: 'send', command: { kind: 'run', run, what: { do: 'confirm', typed: texts } } }],
    cancelled: () => [cancel(run), { kind: 'back' }],
  };
}

/** The confirmation of a run that is planned again, because the state changed or the environment was read-only. */
export function confirmAgain(run: Run, own?: State['own']): readonly Intent[] {
  const action = findAction(run.action, own);
  return action ? [{ kind: 'confirm', ask: confirmation(run.id, action, run.accepts) }] : [];
}
