// The project's benchmark: `npm run bench`. Every figure stands beside what it is compared with, measured in the same
// run, because machines differ and are noisy. `--quick` leaves out the loaded drill; `--pods` and `--jobs` set it.
import { execFile, spawn } from 'node:child_process';
import { readFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { parseArgs, promisify } from 'node:util';
import { build as histogram } from 'hdr-histogram-js';
import { formatBytes, formatCount } from '../../src/core/text/format.ts';
import { fit, width } from '../../src/core/text/text.ts';
import { TerminalUnderTest } from '../support/terminal.ts';

const launcher = fileURLToPath(new URL('../../bin/bentham-cockpit.cjs', import.meta.url));
const { values: options } = parseArgs({
  options: {
    quick: { type: 'boolean', default: false },
    pods: { type: 'string', default: '5000' },
    jobs: { type: 'string', default: '1000000' },
    runs: { type: 'string', default: '7' },
  },
});
const runs = Number(options.runs);

type Row = { figure: string; is: string; beside: string; ratio: string; goal: string };
const rows: Row[] = [];
const note = (text: string) => process.stderr.write(`${text}\n`);

type Drill = { environment: Record<string, string>; stop(): Promise<void> };

/** Starts an embedded Bentham as a user would, and reads what it exports. */
async function drill(...args: string[]): Promise<Drill> {
  const child = spawn(process.execPath, [launcher, 'drill', 'calm', '--serve', ...args], {
    stdio: ['pipe', 'pipe', 'inherit'],
  });
  const environment: Record<string, string> = {};
  let rest = '';
  await new Promise<void>((resolve, reject) => {
    child.once('exit', (code) => reject(new Error(`the drill ended with ${code}`)));
    child.stdout.on('data', (data) => {
      const lines = `${rest}${data}`.split('\n');
      rest = lines.pop() ?? '';
      for (const line of lines) {
        const [, name, value] = /^export ([A-Z0-9_]+)='(.*)'$/.exec(line) ?? [];
        if (name && value !== undefined) environment[name] = value.replaceAll(`'\\''`, `'`);
        if (line === 'ready') resolve();
      }
    });
  });
  const stop = () =>
    new Promise<void>((resolve) => {
      child.removeAllListeners('exit');
      child.once('exit', () => resolve());
      child.stdin.end();
    });
  return { environment, stop };
}

const median = (all: readonly number[]) => all.toSorted((a, b) => a - b)[Math.floor(all.length / 2)] ?? Number.NaN;
const ms = (n: number) => `${n < 100 ? n.toFixed(1) : formatCount(n)} ms`;
const times = (a: number, b: number) => `${(a / b).toFixed(2)}×`;

/** The median of several cold starts, in milliseconds. */
async function timed(run: () => Promise<unknown>): Promise<number> {
  const spans: number[] = [];
  for (let i = 0; i < runs; i += 1) {
    const begun = performance.now();
    await run();
    spans.push(performance.now() - begun);
  }
  return median(spans);
}

const execute = promisify(execFile);
const quietly = (file: string, args: readonly string[], environment: Record<string, string>) =>
  execute(file, [...args], { env: { ...process.env, ...environment }, maxBuffer: 2 ** 28 }).catch(
    (error: { code?: unknown }) => {
      if (typeof error.code !== 'number') throw error;
    },
  );

function cockpit(environment: Record<string, string>, columns = 80, lines = 24): TerminalUnderTest {
  return new TerminalUnderTest({ environment, columns, rows: lines });
}

/** CPU seconds (user and system) of a process and its threads so far. */
async function cpu(pid: number): Promise<number> {
  const stat = await readFile(`/proc/${pid}/stat`, 'utf8');
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
  return (Number(fields[11]) + Number(fields[12])) / 100;
}

async function memory(pid: number): Promise<number> {
  const [, kB] = /VmRSS:\s+(\d+)/.exec(await readFile(`/proc/${pid}/status`, 'utf8')) ?? [];
  return Number(kB) * 1024;
}

const wait = (span: number) => new Promise((resolve) => setTimeout(resolve, span));

/** Milliseconds from each key to the bytes it brought. Keys are pressed one by one, at a typist's pace. */
async function keyToFrame(t: TerminalUnderTest, presses: number): Promise<{ median: number; p95: number }> {
  const spans = histogram({ numberOfSignificantValueDigits: 3 });
  for (let i = 0; i < presses; i += 1) {
    await wait(60 + Math.random() * 60);
    const before = t.bytes;
    const begun = performance.now();
    t.press(i % 2 === 0 ? 'j' : 'k');
    while (t.bytes === before && performance.now() - begun < 1000) await new Promise((r) => setImmediate(r));
    spans.recordValue(Math.round((performance.now() - begun) * 1000));
  }
  return { median: spans.getValueAtPercentile(50) / 1000, p95: spans.getValueAtPercentile(95) / 1000 };
}

/** The median bytes of the frames that changed one to five cells, over a while; undefined where there was none. */
async function smallTicks(t: TerminalUnderTest, span: number): Promise<number | undefined> {
  const sizes: number[] = [];
  let shown = t.lines;
  let bytes = t.bytes;
  for (const end = performance.now() + span; performance.now() < end; ) {
    await wait(10);
    if (t.bytes === bytes) continue;
    // What arrives in pieces is one frame.
    await wait(10);
    const now = t.lines;
    const cells = now.reduce((sum, row, y) => sum + differences(row, shown[y] ?? ''), 0);
    if (cells > 0 && cells <= 5) sizes.push(t.bytes - bytes);
    shown = now;
    bytes = t.bytes;
  }
  return sizes.length > 0 ? median(sizes) : undefined;
}

function differences(a: string, b: string): number {
  return Array.from({ length: Math.max(a.length, b.length) }, (_, x) => x).filter(
    (x) => (a[x] ?? ' ') !== (b[x] ?? ' '),
  ).length;
}

async function startUp(environment: Record<string, string>) {
  const empty = await timed(() => execute(process.execPath, ['-e', '0']));
  const firsts: number[] = [];
  const completes: number[] = [];
  for (let i = 0; i < runs; i += 1) {
    const begun = performance.now();
    const t = cockpit(environment);
    await t.shows('DRILL');
    firsts.push(performance.now() - begun);
    await t.hides('no answer yet');
    completes.push(performance.now() - begun);
    t.signal('SIGTERM');
    await t.close();
  }
  const first = median(firsts);
  const complete = median(completes);
  rows.push(
    {
      figure: 'first frame',
      is: ms(first),
      beside: `node -e 0: ${ms(empty)}`,
      ratio: times(first, empty),
      goal: '≤ 6×',
    },
    {
      figure: 'first complete data',
      is: ms(complete),
      beside: `node -e 0: ${ms(empty)}`,
      ratio: times(complete, empty),
      goal: '',
    },
  );
}

/** `status` beside the commands that a person types for the same facts, one after another. */
async function status(environment: Record<string, string>) {
  const ours = await timed(() => quietly(process.execPath, [launcher, 'status'], environment));
  const namespace = environment.BENTHAM_KUBERNETES_NAMESPACE ?? 'bentham-prod';
  const failing = "SELECT surface_id, count(*) FROM jobs WHERE status = 'failed' GROUP BY surface_id";
  const hand: [string, string[]][] = [
    ['kubectl', ['get', 'pods', '-n', namespace]],
    ['kubectl', ['get', 'deployments', '-n', namespace]],
    ['kubectl', ['logs', '-n', namespace, 'deployment/api-gateway', '--since=5m']],
    ['curl', ['-s', `${environment.BENTHAM_GATEWAY_URL}/health`]],
    ['curl', ['-s', `${environment.BENTHAM_GATEWAY_URL}/v1/health`]],
    ['psql', ['-c', 'SELECT count(*) FROM pg_stat_activity']],
    ['psql', ['-c', 'SELECT * FROM pg_stat_replication']],
    ['psql', ['-c', "SELECT id, tenant_id, status FROM studies WHERE status IN ('executing', 'queued')"]],
    ['psql', ['-c', "SELECT count(*) FROM jobs WHERE status = 'pending'"]],
    ['psql', ['-c', failing]],
    ['redis-cli', ['-u', environment.REDIS_URL ?? '', 'PING']],
    ['redis-cli', ['-u', environment.REDIS_URL ?? '', 'INFO']],
  ];
  const installed: [string, string[]][] = [];
  for (const command of hand)
    if (await execute('sh', ['-c', `command -v ${command[0]}`]).catch(() => undefined)) installed.push(command);
  const names = [...new Set(installed.map(([name]) => name))].join(', ');
  const byHand = await timed(async () => {
    for (const [name, args] of installed) await quietly(name, args, environment);
  });
  rows.push({
    figure: 'status',
    is: ms(ours),
    beside: `${names} by hand: ${ms(byHand)}`,
    ratio: times(ours, byHand),
    goal: '≤ 1×',
  });
}

async function use(environment: Record<string, string>, load: string, presses: number) {
  const t = cockpit(environment);
  try {
    await t.shows('DRILL', 60_000);
    await t.hides('no answer yet', 120_000);
    t.press('2', 'z');
    await t.settles(100);
    const keys = await keyToFrame(t, presses);
    rows.push({
      figure: `key to frame, ${load}`,
      is: `${ms(keys.median)} median, ${ms(keys.p95)} p95`,
      beside: '60 frames a second: 16 ms',
      ratio: times(keys.p95, 16),
      goal: '≤ 1×',
    });
    t.press('z');
    await t.settles(100);
    const before = t.bytes;
    t.press('ctrl-l');
    await t.settles(100);
    const full = t.bytes - before;
    const start = { bytes: t.bytes, cpu: await cpu(t.pid), at: performance.now() };
    const small = await smallTicks(t, 20_000);
    const seconds = (performance.now() - start.at) / 1000;
    const flow = (t.bytes - start.bytes) / seconds;
    const busy = ((await cpu(t.pid)) - start.cpu) / seconds;
    rows.push(
      {
        figure: `a tick of up to five cells, ${load}`,
        is: small === undefined ? 'none was seen' : formatBytes(small),
        beside: `full frame: ${formatBytes(full)}`,
        ratio: small === undefined ? '' : times(small, full),
        goal: '≤ 0.05×',
      },
      {
        figure: `bytes a second, ${load}`,
        is: formatBytes(Math.round(flow)),
        beside: `full frame: ${formatBytes(full)}`,
        ratio: times(flow, full),
        goal: '',
      },
      {
        figure: `CPU, nobody at the keys, ${load}`,
        is: `${(busy * 100).toFixed(1)} % of a core`,
        beside: 'a core',
        ratio: times(busy, 1),
        goal: load === 'calm' ? '≤ 0.02×' : '',
      },
      { figure: `memory, ${load}`, is: formatBytes(await memory(t.pid)), beside: '', ratio: '', goal: '' },
    );
  } finally {
    t.signal('SIGTERM');
    await t.close();
  }
}

function print() {
  const heads: Row = { figure: 'figure', is: 'is', beside: 'beside', ratio: 'ratio', goal: 'to reach' };
  const all = [heads, ...rows];
  const columns = ['figure', 'is', 'beside', 'ratio', 'goal'] as const;
  const widths = columns.map((c) => Math.max(...all.map((row) => width(row[c]))));
  for (const row of all)
    process.stdout.write(
      `${columns
        .map((c, i) => fit(row[c], widths[i] ?? 0))
        .join('  ')
        .trimEnd()}\n`,
    );
}

note('calm drill …');
const calm = await drill();
try {
  await startUp(calm.environment);
  await status(calm.environment);
  await use(calm.environment, 'calm', 100);
} finally {
  await calm.stop();
}
if (!options.quick) {
  note(`drill with ${options.pods} pods and ${options.jobs} jobs …`);
  const loaded = await drill('--pods', options.pods, '--jobs', options.jobs);
  try {
    await use(loaded.environment, `${formatCount(Number(options.pods))} pods`, 100);
  } finally {
    await loaded.stop();
  }
}
print();
