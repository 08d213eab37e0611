// `logs` over a long log, beside kubectl with jq and grep; and into a reader that reads nothing.
import { spawn } from 'node:child_process';
import { formatCount } from '../../../src/core/text/format.ts';
import { LongLogs } from '../../support/long-logs.ts';
import { bytes, type Cost, costOf, isInstalled, launcher, peakOf, seconds, wait } from '../meter.ts';
import type { BenchRow, Measure } from '../row.ts';

/** Issue 19. */
const memoryBudget = 150e6;
const pod = 'api-gateway-0';

async function withLog<T>(lines: number, use: (kubeconfig: string) => Promise<T>): Promise<T> {
  const long = new LongLogs([pod], lines);
  await long.api.start();
  try {
    return await use(long.api.settings().kubernetes.kubeconfig ?? '');
  } finally {
    await long.api.end();
  }
}

const ours = (kubeconfig: string, ...args: readonly string[]) => [
  launcher,
  'logs',
  ...['--since', 'all', '--kubeconfig', kubeconfig, '-n', 'bentham', '--profile', 'staging', ...args],
];

/** What failed early cost little: it is no figure. */
function must(cost: Cost): Cost {
  if (cost.code !== 0) throw new Error(`a program ended with ${cost.code}`);
  return cost;
}

/** kubectl and what it is piped into; undefined where one of them is not installed. */
async function piped(kubeconfig: string, program: string, ...args: readonly string[]): Promise<Cost | undefined> {
  if (!(await isInstalled('kubectl')) || !(await isInstalled(program))) return undefined;
  const line = 'file=$1; shift; kubectl --kubeconfig "$file" -n bentham logs "$POD" | "$@" >/dev/null';
  return must(await costOf('bash', ['-o', 'pipefail', '-c', line, 'bash', kubeconfig, program, ...args], { POD: pod }));
}

/** Less is better than `hand` times `goal`. */
function beside(figure: string, is: Cost, name: string, hand: Cost | undefined, goal: number | undefined): Measure {
  return {
    figure,
    is: seconds(is.cpu),
    beside: `${name}: ${hand ? seconds(hand.cpu) : 'not installed'}`,
    ratio: hand ? is.cpu / hand.cpu : undefined,
    goal,
  };
}

const memory = (figure: string, peak: number): Measure => ({
  figure,
  is: bytes(peak),
  beside: `budget ${bytes(memoryBudget)}`,
  ratio: peak / memoryBudget,
  goal: 1,
});

export const logs: BenchRow = {
  name: 'logs',
  measure: ({ lines }) =>
    withLog(lines, async (kubeconfig) => {
      const all = `${formatCount(lines)} lines`;
      const json = must(await costOf(process.execPath, ours(kubeconfig, '--json')));
      const level = must(await costOf(process.execPath, ours(kubeconfig, '--json', '--level', 'error')));
      const text = must(await costOf(process.execPath, ours(kubeconfig, '--grep', 'study_501')));
      const jq = await piped(kubeconfig, 'jq', '-c', '.');
      const select = await piped(kubeconfig, 'jq', '-c', 'select(.level >= 50)');
      const grep = await piped(kubeconfig, 'grep', 'study_501');
      const lnav = await piped(kubeconfig, 'lnav', '-n', '-c', ':filter-in study_501');
      const count = lnav ? seconds(lnav.cpu) : 'not installed';
      return [
        beside(`CPU of logs --json, ${all}`, json, 'kubectl logs | jq -c .', jq, 1),
        memory(`memory of logs --json, ${all}`, json.peak),
        beside(`CPU of logs --level error, ${all}`, level, 'kubectl logs | jq select', select, 0.5),
        beside(`CPU of logs --grep, ${all}`, text, `lnav: ${count}; kubectl logs | grep`, grep, undefined),
      ];
    }),
};

export const slowReader: BenchRow = {
  name: 'slow-reader',
  measure: ({ lines }) =>
    withLog(lines, async (kubeconfig) => {
      const child = spawn(process.execPath, ours(kubeconfig, '--json'), { stdio: ['ignore', 'pipe', 'inherit'] });
      const ended = new Promise((resolve) => child.once('exit', resolve));
      try {
        let peak = -1;
        for (let now = 0; now > peak; now = peakOf(child.pid ?? 0)) {
          peak = now;
          await wait(5000);
        }
        return [memory('memory of logs into a reader that stands still', peak)];
      } finally {
        child.kill('SIGKILL');
        await ended;
      }
    }),
};
