// Own commands (commands.yaml) as actions: the same form, plan, confirmation, journal and verification as ours. No shell
// is started; each placeholder is a part of one argument.
import type { Action, Field, OwnActionId, Plan, Proof, Target } from '../core/actions/action.ts';
import type { CommandCall } from '../core/actions/call.ts';
import type { OwnArgv, OwnCommand, OwnCommands } from '../core/actions/own/command.ts';
import { askedFor, type Filled, fill, fillAll, subjectOf } from '../core/actions/own/placeholders.ts';
import type { ActionContext, Preflight } from '../core/actions/preflight.ts';
import { type Area, evaluate } from '../core/health/evaluate.ts';
import { worst } from '../core/health/status.ts';
import { quote } from '../core/text/shell.ts';
import { sanitize } from '../core/text/text.ts';
import { type Instant, type Ms, second } from '../core/time.ts';
import type { FactId } from '../core/world/facts.ts';
import type { World } from '../core/world/world.ts';
import { choicesFor } from './own-choices.ts';
import {
  disproven,
  fingerprint,
  given,
  itsAnswer,
  kubectlInherits,
  notYet,
  notYetBy,
  planned,
  proven,
  refuse,
} from './plan.ts';

/** What to look at before may take so long, and show so many lines. */
const lookWithin: Ms = 20 * second;
const mostShown = 40;

const made = new WeakMap<OwnCommands['commands'], readonly Action[]>();

/** The actions of a file's commands, in its order. */
export function ownActions({ commands }: Pick<OwnCommands, 'commands'>): readonly Action[] {
  const before = made.get(commands);
  if (before) return before;
  const all = commands.map(ownAction);
  made.set(commands, all);
  return all;
}

export const ownIdOf = ({ name }: Pick<OwnCommand, 'name'>): OwnActionId => `own-${name}`;

function ownAction(command: OwnCommand): Action {
  const { name, title, where, risk, verify, undo } = command;
  const subject = subjectOf(where);
  const shown = (argv: OwnArgv) => argv.map(quote).join(' ');
  return {
    id: ownIdOf(command),
    title,
    also: `${name} own command`,
    risk,
    about: {
      does: `own command: ${shown(command.command)}`,
      looksAt: command.look ? shown(command.look) : 'the program is installed',
      calls: shown(command.command),
      proof:
        verify === undefined ? 'its exit code' : 'command' in verify ? shown(verify.command) : `check ${verify.check}`,
      undo: undo ?? 'none stated',
      runbook: '',
    },
    fields: fieldsOf(command),
    names: (target) => (subject === undefined ? name : given(target, subject)),
    object: (target) => `${where}/${subject === undefined ? name : given(target, subject)}`,
    needs: () => [command.command, ...(command.look ? [command.look] : [])].map((argv) => toolOf(argv, command)),
    plan: (target, preflight) => planOf(command, target, preflight),
    verify: (done, preflight) => {
      if (verify === undefined) return Promise.resolve(itsAnswer(done));
      return 'command' in verify
        ? byCommand(verify.command, command, done.target, preflight)
        : byHealth(verify.check, command, done, preflight);
    },
    within: verify?.within ?? second,
  };
}

const toolOf = ([program]: OwnArgv, { directory }: OwnCommand) =>
  ({ kind: 'tool', command: program, directory }) as const;

const fieldsOf = (command: OwnCommand): readonly Field[] =>
  askedFor(command).map(
    ({ name, ask, form }): Field => ({
      name,
      ask,
      kind: 'text',
      form,
      choices: (world) => choicesFor(name, world),
    }),
  );

const refusedFill = ({ why, hint }: Extract<Filled<unknown>, { ok: false }>) => refuse(why, hint);

type Surroundings = Pick<CommandCall, 'directory' | 'inherits' | 'environment'>;

/** Where and with what it runs: as our own commands of that program do. */
function surroundings(
  { directory, environment }: OwnCommand,
  [program]: OwnArgv,
  { targets }: ActionContext,
): Surroundings {
  const name = program.slice(program.lastIndexOf('/') + 1);
  const isKubernetes = ['kubectl', 'helm', 'stern', 'kustomize'].includes(name);
  const inherits = [...environment, ...(isKubernetes ? kubectlInherits : []), ...(name === 'aws' ? ['AWS_*'] : [])];
  const chosen: Record<string, string> = {};
  if (isKubernetes && targets.kubeconfig) chosen.KUBECONFIG = targets.kubeconfig;
  return { directory, inherits, environment: chosen };
}

async function planOf(command: OwnCommand, target: Target, preflight: Preflight) {
  const { context } = preflight;
  const argv = fillAll(command.command, command, target, context);
  if (!argv.ok) return refusedFill(argv);
  // What would prove it afterwards is filled in now: a plan that cannot be verified is none.
  const proof = proofOf(command, target, context);
  if (!proof.ok) return refusedFill(proof);
  const looked = await look(command, target, preflight);
  if ('why' in looked) return looked;
  const call: CommandCall = {
    tool: 'command',
    argv: argv.value,
    ...surroundings(command, argv.value, context),
    within: command.within,
    recordsOutput: true,
  };
  const plan: Plan = {
    impact: [`Runs your own command ${command.name} (${command.from}).`, ...looked.impact],
    warnings: command.confirm === undefined ? [] : [command.confirm],
    calls: [call],
    undo: command.undo,
    instead: command.undo === undefined ? 'the command states no undo' : undefined,
    answered: [],
    preconditions: fingerprint(argv.value, command.lookUnchanged ? looked.lines : []),
  };
  return planned(plan);
}

function proofOf(command: OwnCommand, target: Target, context: ActionContext): Filled<unknown> {
  const { verify } = command;
  if (verify === undefined) return { ok: true, value: undefined };
  return 'command' in verify
    ? fillAll(verify.command, command, target, context)
    : fill(verify.check, command, target, context);
}

type Looked = { impact: readonly string[]; lines: readonly string[] };

/** The output of what is shown before. A look that fails is shown, too: it may be why the command is run. */
async function look(
  command: OwnCommand,
  target: Target,
  preflight: Preflight,
): Promise<Looked | ReturnType<typeof refuse>> {
  if (command.look === undefined) return { impact: [], lines: [] };
  const argv = fillAll(command.look, command, target, preflight.context);
  if (!argv.ok) return refusedFill(argv);
  const found = await preflight.output(argv.value, {
    ...surroundings(command, argv.value, preflight.context),
    within: lookWithin,
  });
  if (!found.ok) return refuse(`look: ${found.fault.what}`, found.fault.hint);
  const { code, lines } = found.value;
  const more = lines.length - mostShown;
  return {
    lines: [String(code), ...lines],
    impact: [
      `$ ${argv.value.map(quote).join(' ')}${code === 0 ? '' : ` (exit code ${code})`}`,
      ...lines.slice(0, mostShown).map((text) => `  ${text}`),
      ...(more > 0 ? [`  … ${more} more lines`] : lines.length === 0 ? ['  (no output)'] : []),
    ],
  };
}

async function byCommand(argv: OwnArgv, command: OwnCommand, target: Target, preflight: Preflight): Promise<Proof> {
  const filled = fillAll(argv, command, target, preflight.context);
  if (!filled.ok) return { ...disproven(filled.why), state: 'unknown' };
  const found = await preflight.output(filled.value, {
    ...surroundings(command, filled.value, preflight.context),
    within: lookWithin,
  });
  if (!found.ok) return notYetBy(found.fault);
  const { code, lines } = found.value;
  const last = (lines.findLast((text) => text.trim() !== '') ?? '').trim().slice(0, 200);
  const says = `${filled.value[0]} ${code === 0 ? 'succeeded' : `exited with ${code}`}${last ? `: ${last}` : ''}`;
  return code === 0 ? proven(says) : notYet(says);
}

/** The readings that an area's findings are evaluated from. */
const factsOf: Readonly<Record<Area, readonly FactId[]>> = {
  gateway: ['gateway'],
  pods: ['pods', 'deployments'],
  database: ['primary'],
  redis: ['redis'],
  metrics: [],
  surfaces: ['surfaces'],
  studies: ['studies'],
  backups: [],
};

/** Findings of an area or with an id are ok, and were read after the command ended. */
async function byHealth(
  check: string,
  command: OwnCommand,
  { target, startedAt, endedAt = startedAt }: { target: Target; startedAt: Instant; endedAt?: Instant | undefined },
  preflight: Preflight,
): Promise<Proof> {
  const filled = fill(check, command, target, preflight.context);
  if (!filled.ok) return { ...disproven(filled.why), state: 'unknown' };
  const world = await preflight.world();
  const id = filled.value;
  const found = evaluate(world).filter((one) => one.area === id || one.id === id || one.id.startsWith(`${id}/`));
  const [first] = found;
  if (!first) return notYet(`there is no finding ${sanitize(id, 100)}`);
  if (found.some(({ area }) => !isFresh(world, factsOf[area], endedAt)))
    return notYet(`${sanitize(id, 100)}: no answer since the command ended`);
  const verdict = worst(found.map((one) => one.verdict));
  const bad = found.find((one) => one.verdict === verdict) ?? first;
  const says = `${bad.subject}: ${bad.says}`;
  return verdict === 'ok' ? proven(says) : notYet(says);
}

function isFresh({ readings }: World, facts: readonly FactId[], since: Instant): boolean {
  return facts.every((fact) => {
    const reading = readings[fact];
    return reading.state !== 'live' || reading.at >= since;
  });
}
