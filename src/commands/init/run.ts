// Finds, asks little, writes once.
import { mkdir } from 'node:fs/promises';
import { homedir } from 'node:os';
import path from 'node:path';
import { createInterface } from 'node:readline/promises';
import { exampleConfiguration } from '../../config/example.ts';
import { realDisk } from '../../config/io.ts';
import { resolvePath } from '../../config/layer.ts';
import { readService, serviceNames } from '../../config/libpq/service-file.ts';
import { complain, print, tell } from '../../config/output.ts';
import { quote } from '../../core/text/shell.ts';
import { sanitize } from '../../core/text/text.ts';
import { awsProfileNames } from '../../data/aws/profile.ts';
import { contextsOf } from '../../data/kubernetes/kubeconfig.ts';
import { type Written, writeNew } from '../../disk/new-file.ts';
import {
  type Answer,
  type Found,
  type InitOptions,
  profilesYaml,
  type Question,
  questionSays,
  questions,
  type ServiceServer,
} from './proposal.ts';

const place = { home: process.env.HOME || homedir(), cwd: process.cwd(), disk: realDisk };

async function look(): Promise<Found> {
  const [kubernetes, awsProfiles] = await Promise.all([contextsOf({}), awsProfileNames()]);
  if (!kubernetes.ok) tell(`kubeconfig: ${kubernetes.fault.where} ${kubernetes.fault.what}`);
  const { contexts, current } = kubernetes.ok ? kubernetes.value : { contexts: [], current: undefined };
  return { contexts, current, services: serviceNames(process.env, place), awsProfiles };
}

/** Of a service without its password: that stays in PostgreSQL's own files. */
function serverOf(service: string): ServiceServer {
  const found = readService(service, process.env, place);
  if (!('lines' in found)) return {};
  const given = new Map(found.lines.map(({ key, value }) => [key, value.trim()]));
  const port = Number(given.get('port'));
  return {
    host: given.get('host'),
    port: Number.isInteger(port) && port > 0 ? port : undefined,
    database: given.get('dbname'),
    user: given.get('user'),
    sslMode: given.get('sslmode'),
  };
}

/** Exit code 0 when it is written or printed, 1 when not. */
export async function runInit({ file, print: printIt = false, yes = false }: InitOptions): Promise<number> {
  const config = process.env.XDG_CONFIG_HOME?.startsWith('/')
    ? process.env.XDG_CONFIG_HOME
    : path.join(place.home, '.config');
  const target = file ? resolvePath(file, place.cwd, place.home) : path.join(config, 'bentham-cockpit', 'config.yaml');
  const found = await look();
  const asks = process.stdin.isTTY && process.stderr.isTTY && !yes;
  const answers = asks ? await ask(questions(found)) : takeLikely(questions(found));
  if (!answers) {
    complain('cancelled; nothing was written');
    return 1;
  }
  const text = exampleConfiguration(`\n${profilesYaml(answers, found, serverOf)}`);
  if (printIt) {
    print(text.trimEnd());
    return 0;
  }
  const written = await writeBelow(target, text);
  if ('problem' in written) {
    complain(`${written.problem}${written.exists ? '; it was not changed (--print, --file)' : ''}`);
    return 1;
  }
  print(`wrote ${target}`);
  const named = file ? ` --config ${quote(target)}` : '';
  print(`next: bentham-cockpit config check${named}\n      bentham-cockpit doctor${named}`);
  return 0;
}

/** The same as `writeNew`, in a directory that may not be there yet. */
async function writeBelow(file: string, text: string): Promise<Written> {
  try {
    await mkdir(path.dirname(file), { recursive: true, mode: 0o700 });
  } catch (error) {
    return { problem: sanitize(error, 300) };
  }
  return writeNew(file, text);
}

function takeLikely(all: readonly Question[]): readonly Answer[] {
  return all.flatMap((question) => (question.likely === undefined ? [] : [{ question, value: question.likely }]));
}

/** By number or name; enter takes the proposal, or leaves it out where there is none. Undefined: cancelled. */
async function ask(all: readonly Question[]): Promise<readonly Answer[] | undefined> {
  const cancelled = new AbortController();
  const lines = createInterface({ input: process.stdin, output: process.stderr });
  lines.on('SIGINT', () => cancelled.abort()).on('close', () => cancelled.abort());
  const answers: Answer[] = [];
  try {
    for (const question of all) {
      tell(`\n${questionSays(question)}:`);
      for (const [at, name] of question.choices.entries()) tell(`  ${at + 1}  ${sanitize(name, 100)}`);
      const otherwise = question.likely === undefined ? 'none' : sanitize(question.likely, 100);
      for (;;) {
        const typed = (await lines.question(`number or name, - for none [${otherwise}]: `, cancelled)).trim();
        const value = typed === '' ? question.likely : (question.choices[Number(typed) - 1] ?? typed);
        if (value === undefined || value === '-') break;
        if (question.choices.includes(value)) {
          answers.push({ question, value });
          break;
        }
        tell(`there is no ${sanitize(typed, 60)}`);
      }
    }
    return answers;
  } catch (error) {
    if (cancelled.signal.aborted) return undefined;
    throw error;
  } finally {
    lines.close();
  }
}
