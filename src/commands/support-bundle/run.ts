// What `support-bundle` does: asks everything once, side by side, and packs the answers into one file of this user's.
import { createHash } from 'node:crypto';
import path from 'node:path';
import { promisify } from 'node:util';
import { gzip } from 'node:zlib';
import about from '../../../package.json' with { type: 'json' };
import type { Loaded } from '../../config/load.ts';
import { complain, print, tell } from '../../config/output.ts';
import { quote } from '../../core/text/shell.ts';
import { sanitize } from '../../core/text/text.ts';
import { type Ms, second } from '../../core/time.ts';
import { debugLog } from '../../disk/debug-log.ts';
import { writeNew } from '../../disk/new-file.ts';
import { type Entry, tar } from '../../disk/tar.ts';
import { exitWith } from '../exit.ts';

/** One question of doctor to one backend; a backend as a whole has three times as long. */
const question: Ms = 4 * second;
/** The poll of all sources. */
const look: Ms = 5 * second;
/** Whatever hangs: what is missing by then is missing in the bundle. */
const atMost: Ms = 20 * second;

const sizes = [
  { columns: 80, rows: 24 },
  { columns: 200, rows: 50 },
] as const;

export type BundleOptions = { output?: string; doctor: boolean };

/** Writes the bundle, prints its path and contents, and ends the process: 0 written, 1 not. */
export async function supportBundle(loaded: Extract<Loaded, { ok: true }>, options: BundleOptions): Promise<never> {
  const at = new Date();
  const stamp = at.toISOString().replaceAll(/[-:]|\.\d+/g, '');
  const file = path.resolve(options.output ?? `bentham-cockpit-support-${stamp}.tar.gz`);
  tell(`checking every backend once${options.doctor ? ', then doctor' : ''}; at most ${atMost / second} s`);
  const entries = await collect(loaded, options.doctor);
  const archive = await promisify(gzip)(tar([manifest(entries, at), ...entries], at.getTime()));
  const written = await writeNew(file, archive);
  if ('problem' in written) {
    const next = written.exists ? '; choose another name with --output' : '';
    complain(`cannot write the support bundle: ${written.problem}${next}`);
    return exitWith(1, true);
  }
  print(`${file}  ${Math.ceil(archive.length / 1024)} kB`);
  for (const { name, content } of entries) print(`  ${name.padEnd(20)} ${content.length} bytes`);
  print(
    `\nSecrets are redacted. It contains names of hosts, users, pods, tenants and studies.\n` +
      `Read it before you send it: tar -xzOf ${quote(file)} | less`,
  );
  return exitWith(0, true);
}

/** Each part is asked for alone: what fails is in the bundle as `NAME.error.txt`. */
async function collect(loaded: Extract<Loaded, { ok: true }>, doctor: boolean): Promise<Entry[]> {
  const { settings } = loaded;
  const parts = await Promise.all([
    part('versions.json', async () => json(await (await import('./versions.ts')).versions())),
    part('config.json', async () => json((await import('../../config/show.ts')).configJson(loaded))),
    doctor
      ? part('doctor.json', async () =>
          json(await (await import('../doctor/report.ts')).doctorReport(loaded, question)),
        )
      : [],
    part('status.json', () => statusAndFrames(loaded)),
  ]);
  // Last, so that it holds what the others did.
  await debugLog.settle();
  const { logLines } = await import('./log-lines.ts');
  const { file } = settings.log;
  const logs =
    file === undefined
      ? []
      : await Promise.all([
          part('log.1.jsonl', async () => (await logLines(`${file}.1`)) ?? []),
          part('log.jsonl', async () => (await logLines(file)) ?? []),
        ]);
  return [...parts, ...logs].flat();
}

type Made = string | readonly Entry[];

async function part(name: string, make: () => Promise<Made>): Promise<readonly Entry[]> {
  const entry = (text: string, as = name): Entry => ({ name: as, content: Buffer.from(text) });
  try {
    const late = new Promise<never>((_, reject) => {
      setTimeout(() => reject(new Error(`no answer within ${atMost / second} s`)), atMost).unref();
    });
    const made = await Promise.race([make(), late]);
    return typeof made === 'string' ? [entry(made)] : made;
  } catch (error) {
    debugLog.warn('support-bundle', { part: name, error });
    const stack = error instanceof Error ? (error.stack ?? error.message) : String(error);
    return [
      entry(
        `${stack
          .split('\n')
          .map((line) => sanitize(line))
          .join('\n')}\n`,
        `${name}.error.txt`,
      ),
    ];
  }
}

/** The report of `status --json`, and the first screen of the same moment. */
async function statusAndFrames({ settings }: Extract<Loaded, { ok: true }>): Promise<readonly Entry[]> {
  const begun = performance.now();
  const [{ lookOnce }, { reportOf }, { firstScreen }] = await Promise.all([
    import('../status/look.ts'),
    import('../../core/health/report.ts'),
    import('./frames.ts'),
  ]);
  const { world } = await lookOnce(settings, look, () => performance.now() - begun);
  return [
    { name: 'status.json', content: Buffer.from(json(reportOf(world, settings.profile))) },
    ...sizes.map((size) => ({
      name: `screen-${size.columns}x${size.rows}.txt`,
      content: Buffer.from(firstScreen(settings, world, size)),
    })),
  ];
}

const json = (value: unknown) => `${JSON.stringify(value, null, 2)}\n`;

function manifest(entries: readonly Entry[], at: Date): Entry {
  const files = entries.map(({ name, content }) => ({
    name,
    bytes: content.length,
    sha256: createHash('sha256').update(content).digest('hex'),
  }));
  const content = json({
    version: 1,
    program: `bentham-cockpit ${about.version}`,
    at: at.toISOString(),
    notes: 'screen-*.txt: the first screen, drawn from status.json when the bundle was written',
    files,
  });
  return { name: 'manifest.json', content: Buffer.from(content) };
}
