// The placeholders of own commands: which there are, and which values they take. A value becomes a part of an argument as
// it is, so it may hold nothing that a program could read as an option, a path outside, a URL or code. Pure.
import type { Target } from '../action.ts';
import type { ActionContext } from '../preflight.ts';
import type { OwnArgv, OwnCommand, OwnWhere } from './command.ts';

/** The form of a value, in words. All patterns are linear. */
type Form = { pattern: RegExp; says: string };

/** Names of Kubernetes objects (RFC 1123). */
const objectName: Form = {
  pattern: /^[a-z0-9][a-z0-9.-]{0,252}$/,
  says: 'lower-case letters, digits, - and ., first a letter or digit',
};
const plainName: Form = {
  pattern: /^[A-Za-z0-9_][A-Za-z0-9_.-]{0,252}$/,
  says: 'letters, digits, _ . and -, first a letter, a digit or _',
};
const number: Form = { pattern: /^\d{1,15}$/, says: 'digits' };
/** Contexts of EKS are ARNs. */
const contextName: Form = {
  pattern: /^[A-Za-z0-9_][A-Za-z0-9_.:/@+-]{0,252}$/,
  says: 'letters, digits and _ . : / @ + -, first a letter, a digit or _',
};
const objectKey: Form = {
  pattern: /^[A-Za-z0-9_][A-Za-z0-9_./+@-]{0,1023}$/,
  says: 'letters, digits and _ . / + @ -, first a letter, a digit or _, without // and ..',
};

/** A key is a part of paths and URLs: it may lead nowhere else. A prefix ends with a slash. */
const leadsElsewhere = (value: string): boolean =>
  value.split('/').some((name, at, all) => name === '..' || name === '.' || (name === '' && at < all.length - 1));

type Asked = { ask: string; form: Form; says: string };
type Known = { form: Form; says: string; value(context: ActionContext): string | undefined };

/** From what the command is about; the first is its own name, the others are asked for where the row does not tell them. */
const asked: Readonly<Record<OwnWhere, Readonly<Record<string, Asked>>>> = {
  pod: {
    pod: { ask: 'which pod?', form: objectName, says: 'name of the pod' },
    deployment: { ask: 'of which deployment?', form: objectName, says: 'deployment that the pod belongs to' },
    node: { ask: 'on which node?', form: objectName, says: 'node that it runs on' },
    container: { ask: 'which container?', form: objectName, says: 'container, asked for' },
  },
  deployment: { deployment: { ask: 'which deployment?', form: objectName, says: 'name of the deployment' } },
  study: {
    study: { ask: 'which study?', form: plainName, says: 'id of the study' },
    tenant: { ask: 'of which tenant?', form: plainName, says: 'tenant of the study' },
  },
  session: { pid: { ask: 'which session (pid)?', form: number, says: 'pid of the database session' } },
  surface: { surface: { ask: 'which surface?', form: plainName, says: 'name of the surface' } },
  evidence: { key: { ask: 'which object or prefix?', form: objectKey, says: 'key or prefix in the bucket' } },
  everywhere: {},
};

/** From the configuration. */
const known: Readonly<Record<string, Known>> = {
  environment: { form: plainName, says: 'name of the environment', value: (c) => c.environment },
  namespace: { form: objectName, says: 'Kubernetes namespace', value: (c) => c.targets.namespace },
  context: { form: contextName, says: 'Kubernetes context, where one is set', value: (c) => c.targets.context },
  bucket: { form: plainName, says: 'evidence bucket', value: (c) => c.targets.bucket },
  primary: { form: plainName, says: 'host of the primary', value: (c) => c.targets.primary.host },
  database: { form: plainName, says: 'name of the database', value: (c) => c.targets.primary.database },
};

export type Placeholder = { name: string; says: string; right: string };

/** The placeholders of a kind of command, for the documents and for what is said of an unknown one. */
export const placeholdersOf = (where: OwnWhere): readonly Placeholder[] => [
  ...Object.entries(asked[where]).map(([name, { says, form }]) => ({ name, says, right: form.says })),
  ...knownPlaceholders,
];

export const knownPlaceholders: readonly Placeholder[] = Object.entries(known).map(([name, { says, form }]) => ({
  name,
  says,
  right: form.says,
}));

/** The name of the thing that a command is about; undefined: everywhere. */
export const subjectOf = (where: OwnWhere): string | undefined => Object.keys(asked[where])[0];

export type Part = { text: string } | { placeholder: string };

/** An argument in its parts; undefined where braces are left that close nothing. */
export function partsOf(argument: string): readonly Part[] | undefined {
  const parts: Part[] = [];
  let at = 0;
  for (;;) {
    const open = argument.indexOf('{{', at);
    const text = argument.slice(at, open < 0 ? undefined : open);
    if (text.includes('}}')) return undefined;
    if (text !== '') parts.push({ text });
    if (open < 0) return parts;
    const close = argument.indexOf('}}', open);
    if (close < 0) return undefined;
    parts.push({ placeholder: argument.slice(open + 2, close).trim() });
    at = close + 2;
  }
}

export const hasPlaceholder = (argument: string): boolean => argument.includes('{{');

const namesIn = (argument: string): readonly string[] =>
  (partsOf(argument) ?? []).flatMap((part) => ('placeholder' in part ? [part.placeholder] : []));

/** The arguments of all that a command runs. */
function everyArgument({ command, look, verify }: OwnCommand): readonly string[] {
  const proof = verify === undefined ? [] : 'command' in verify ? verify.command : [verify.check];
  return [...command, ...(look ?? []), ...proof];
}

/** What has to be asked for: the thing itself, and the other placeholders that are used. */
export function askedFor(command: OwnCommand): readonly (Asked & { name: string })[] {
  const used = new Set(everyArgument(command).flatMap(namesIn));
  const subject = subjectOf(command.where);
  return Object.entries(asked[command.where])
    .filter(([name]) => name === subject || used.has(name))
    .map(([name, one]) => ({ name, ...one }));
}

/** The values, or the placeholder that has none it may have. */
export type Filled<T> = { ok: true; value: T } | { ok: false; placeholder: string; why: string; hint: string };

/** One argument with its values. Each is checked again, wherever it came from. */
export function fill(
  argument: string,
  { where, from }: OwnCommand,
  target: Target,
  context: ActionContext,
): Filled<string> {
  let text = '';
  for (const part of partsOf(argument) ?? []) {
    if ('text' in part) {
      text += part.text;
      continue;
    }
    const { placeholder } = part;
    const own = Object.hasOwn(asked[where], placeholder) ? asked[where][placeholder] : undefined;
    const set = Object.hasOwn(known, placeholder) ? known[placeholder] : undefined;
    const value = own ? target[placeholder]?.trim() : set?.value(context);
    const form = own?.form ?? set?.form;
    const no = (why: string, hint: string) => ({ ok: false, placeholder, why, hint }) as const;
    if (form === undefined) return no(`there is no {{${placeholder}}}`, `fix ${from}`);
    if (value === undefined || value === '')
      return own
        ? no(`the ${placeholder} is empty`, own.ask)
        : no(`${placeholder} is not set`, 'set it in the configuration');
    if (!form.pattern.test(value) || leadsElsewhere(value))
      return no(`the ${placeholder} has characters that no command is given`, `allowed: ${form.says}`);
    text += value;
  }
  return { ok: true, value: text };
}

/** All arguments with their values. The program itself never has a placeholder. */
export function fillAll(argv: OwnArgv, command: OwnCommand, target: Target, context: ActionContext): Filled<OwnArgv> {
  const [program, ...rest] = argv;
  const words: string[] = [];
  for (const argument of rest) {
    const filled = fill(argument, command, target, context);
    if (!filled.ok) return filled;
    words.push(filled.value);
  }
  return { ok: true, value: [program, ...words] };
}
