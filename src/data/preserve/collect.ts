// Saves everything, one kind after the other: first what changes by itself and is small, then the logs, last the journal,
// which knows of all before it.
import about from '../../../package.json' with { type: 'json' };
import type { Settings } from '../../config/settings.ts';
import { reportOf } from '../../core/health/report.ts';
import { redactedValue } from '../../core/preserve/redacted.ts';
import type { World } from '../../core/world/world.ts';
import { type Cluster, openCluster } from '../kubernetes/client.ts';
import { unlessAborted } from '../time-limit.ts';
import type { Collecting } from './collecting.ts';
import { saveLog } from './container-log.ts';
import { saveDatabase } from './database.ts';
import { saveJournal } from './journal-files.ts';
import { type Manifest, manifestName, sumsName, sumsOf } from './manifest.ts';
import { logName } from './names.ts';
import { podsOf, Refused, saveObjects } from './objects.ts';
import { nameOf } from './partial-archive.ts';
import { type ContainerOf, logsOf } from './pods.ts';

/** Logs that are read at once. */
const atOnce = 3;

export type Sources = {
  settings: Settings;
  /** What the cockpit reads of the platform now. */
  world?: (() => Promise<World>) | undefined;
  /** How many logs are done, of all. */
  counted(done: number, of: number): void;
};

/** Gives false where a person stopped it: what is there is kept. Throws what the disk says. */
export async function collect(collecting: Collecting, { settings, world, counted }: Sources): Promise<boolean> {
  const { archive, stopped } = collecting;
  if (!archive.has('README.txt')) await archive.add('README.txt', Buffer.from(readme(nameOf(archive.archive))));
  const read = world && (await unlessStopped(world(), stopped));
  if (read) await saveReadings(collecting, settings, read);
  await saveDatabase(settings.database, collecting);
  const opened = await openCluster(settings.kubernetes);
  if (opened.ok) {
    try {
      const { namespace } = settings.kubernetes;
      await saveObjects(opened.value, namespace, collecting);
      await saveLogs(opened.value, namespace, collecting, counted);
    } finally {
      await opened.value.close();
    }
  } else archive.lacks('kubernetes/', opened.fault.what);
  if (stopped.aborted) return false;
  const { directory } = settings.journal;
  if (directory) await saveJournal(directory, collecting);
  return !stopped.aborted;
}

/** What a look gives; undefined after a stop, which does not wait for it. */
const unlessStopped = <T>(look: Promise<T>, stopped: AbortSignal): Promise<T | undefined> =>
  unlessAborted(look, stopped).catch((error: unknown) => {
    if (!stopped.aborted) throw error;
    return undefined;
  });

/** The manifest, and the same hashes for sha256sum -c. Nothing is added afterwards. */
export async function addManifest({ archive }: Collecting, settings: Settings): Promise<Manifest> {
  const { files, missing, begun, sittings } = archive;
  const says: Manifest = {
    version: 1,
    program: `bentham-cockpit ${about.version}`,
    name: nameOf(archive.archive),
    begun: new Date(begun.at).toISOString(),
    ended: new Date().toISOString(),
    environment: settings.environment.name,
    incident: begun.incident,
    content: begun.content,
    logsSince: begun.since === undefined ? undefined : new Date(begun.since).toISOString(),
    continued: sittings - 1,
    complete: missing.length === 0 && files.every((file) => file.partial === undefined),
    files: files.toSorted((a, b) => (a.name < b.name ? -1 : 1)),
    missing: [...missing],
  };
  await archive.add(manifestName, Buffer.from(`${JSON.stringify(says, null, 2)}\n`));
  await archive.add(sumsName, Buffer.from(sumsOf(says)));
  return says;
}

/** The last readings as they are held, the judgement of them, and the surfaces for themselves. */
async function saveReadings(collecting: Collecting, settings: Settings, world: World): Promise<void> {
  const { archive } = collecting;
  const files: Readonly<Record<string, unknown>> = {
    'status.json': reportOf(world, settings.profile),
    'surfaces.json': world.readings.surfaces,
    'readings.json': { now: world.now, readings: world.readings, history: world.history },
  };
  for (const [name, value] of Object.entries(files)) {
    if (archive.has(name)) continue;
    // What the cockpit holds went through its door; what the archive says is searched for secrets once more.
    const text = Buffer.from(`${JSON.stringify(redactedValue(value), null, 1)}\n`);
    if (collecting.takes(text.length)) await archive.add(name, text);
    else archive.lacks(name, 'the size limit was reached');
  }
}

async function saveLogs(
  cluster: Cluster,
  namespace: string,
  collecting: Collecting,
  counted: Sources['counted'],
): Promise<void> {
  const { archive, over } = collecting;
  const all: ContainerOf[] = [];
  try {
    for await (const pod of podsOf(cluster, namespace, over)) all.push(...logsOf(pod));
  } catch (error) {
    if (!(error instanceof Refused) && !over.aborted) throw error;
    if (!collecting.stopped.aborted)
      archive.lacks('logs/', collecting.ending ?? (error instanceof Error ? error.message : 'not listed'));
    return;
  }
  // One name is one file, whatever a server says there is twice.
  const each = new Map(all.map((one) => [nameOfLog(one), one]));
  await closeGone(collecting, new Set(each.keys()));
  // The log of a container before its restart goes first: the next restart takes it away.
  const queue = [...each.values()].toSorted((a, b) => Number(b.previous) - Number(a.previous));
  let done = 0;
  const worker = async () => {
    for (let one = queue.shift(); one; one = queue.shift()) {
      if (collecting.stopped.aborted) return;
      await saveOne(cluster, namespace, one, collecting);
      done += 1;
      counted(done, each.size);
    }
  };
  const ends = await Promise.allSettled(Array.from({ length: atOnce }, worker));
  for (const end of ends) if (end.status === 'rejected') throw end.reason;
}

const nameOfLog = ({ pod, container, previous }: ContainerOf) => logName(pod, container, previous);

/** Parts of pods that have gone since: what was read of them is all there will ever be. */
async function closeGone({ archive }: Collecting, names: ReadonlySet<string>): Promise<void> {
  for (const name of archive.left) {
    if (!name.startsWith('logs/') || names.has(name)) continue;
    await archive.close(await archive.part(name), 'its pod was deleted before the archive was continued');
  }
}

async function saveOne(cluster: Cluster, namespace: string, one: ContainerOf, collecting: Collecting): Promise<void> {
  const { archive } = collecting;
  const name = nameOfLog(one);
  if (archive.has(name)) return;
  if (collecting.ending && !archive.left.includes(name)) return archive.lacks(name, collecting.ending);
  const part = await archive.part(name);
  const saved = await saveLog(cluster, { namespace, ...one, since: archive.begun.since }, part, collecting);
  if (collecting.stopped.aborted && saved.end !== 'whole') return archive.leave(part);
  if (saved.end !== 'none') return archive.close(part, saved.end === 'partial' ? saved.why : undefined);
  await archive.drop(part);
  archive.lacks(name, saved.why);
}

const readme = (name: string): string => `${name}

status.json       findings and metrics when the archive was begun
readings.json     the last readings of every source, with ages
surfaces.json     the last reading of the surfaces
database/         sessions, locks, replication of each server
kubernetes/       events and objects of the namespace, and the nodes; one object on each line
logs/POD/         CONTAINER.log, and CONTAINER.previous.log from before its last restart; UTC times of the kubelet
journal/          the incident journal, signed: bentham-cockpit incident verify
manifest.json     every file with its size and SHA-256, and what is missing or partial, and why

Check it:   bentham-cockpit evidence verify ${name}.tar.gz
Without it: tar -xzf ${name}.tar.gz && cd ${name} && sha256sum -c SHA256SUMS
Search it:  tar -xzOf ${name}.tar.gz --wildcards '*/logs/*' | grep ERROR

Secrets and ConfigMaps are not in it.
`;
