import { constants } from 'node:fs';
import { access, lstat, stat, statfs } from 'node:fs/promises';
import path from 'node:path';
import type { Settings } from '../../config/settings.ts';
import type { Checkup } from '../../core/health/checkup.ts';
import { formatBytes } from '../../core/text/format.ts';
import { quote } from '../../core/text/shell.ts';
import type { DoctorCheck } from '../doctor-check.ts';
import { inspect, refusedBeside } from '../journal/directory.ts';

/** Below this the journal may not get through an incident. */
const littleSpace = 50 * 1024 * 1024;

/** Where the journal will lie. Nothing is made. */
export function journalProbe({ journal }: Settings): DoctorCheck {
  const about = { area: 'journal', what: 'directory' };
  const directory = journal.directory;
  return {
    ...about,
    where: directory ?? 'journal',
    essential: true,
    run: async () => [
      directory
        ? { ...about, ...(await look(directory, journal.group)) }
        : { ...about, verdict: 'critical', answer: 'not set', todo: 'set journal.directory' },
    ],
  };
}

async function look(directory: string, group: string | undefined): Promise<Omit<Checkup, 'area' | 'what'>> {
  const there = await lstat(directory).catch(() => undefined);
  const wrong = there || group !== undefined ? inspect({ directory, group }) : undefined;
  if (wrong) return { verdict: 'critical', answer: `${directory}: ${wrong.what}`, todo: wrong.hint };
  const [beside] = there ? refusedBeside({ directory }) : [];
  if (beside) return { verdict: 'critical', answer: `${directory}: ${beside.what}`, todo: beside.hint };
  const place = there ? directory : await nearestParent(directory);
  if (!(await stat(place)).isDirectory())
    return { verdict: 'critical', answer: `${place} is not a directory`, todo: 'set journal.directory' };
  const writable = await access(place, constants.W_OK | constants.X_OK).then(
    () => true,
    () => false,
  );
  if (!writable)
    return {
      verdict: 'critical',
      answer: `${place} is not writable`,
      todo: `chown ${quote(place)}, or set journal.directory`,
    };
  const free = await statfs(place).then(
    ({ bavail, bsize }) => bavail * bsize,
    () => undefined,
  );
  const space = free === undefined ? '' : `, ${formatBytes(free)} free`;
  if (free !== undefined && free < littleSpace)
    return {
      verdict: 'warning',
      answer: `${directory}${space}`,
      todo: 'free disk space: the journal is written before every action',
    };
  return { verdict: 'ok', answer: `${directory}${there ? '' : ' (created when needed)'}${space}` };
}

async function nearestParent(directory: string): Promise<string> {
  for (let place = path.dirname(directory); ; place = path.dirname(place))
    if (place === path.dirname(place) || (await stat(place).catch(() => undefined))) return place;
}

/** Whether the channels are configured. Nothing is sent. */
export function channelsProbe({ channels }: Settings): DoctorCheck {
  const row = (what: string, set: boolean, todo: string): Checkup => ({
    area: 'channels',
    what,
    verdict: set ? 'ok' : 'warning',
    answer: set ? 'configured (nothing was sent)' : 'not configured',
    todo: set ? undefined : todo,
  });
  return {
    area: 'channels',
    what: 'channels',
    where: 'configuration',
    essential: false,
    run: async () => [
      row('PagerDuty', Boolean(channels.pagerDuty.routingKey), 'set channels.pagerDuty.routingKey (Events API v2)'),
      row(
        `Slack ${channels.slackAlerts.name}`,
        Boolean(channels.slackAlerts.webhook),
        'set channels.slackAlerts.webhook',
      ),
      row(`Slack ${channels.slackOps.name}`, Boolean(channels.slackOps.webhook), 'set channels.slackOps.webhook'),
    ],
  };
}
