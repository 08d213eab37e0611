// A journal with one long incident, as several cockpits of one account write it over hours: each entry signed and linked.
import { mkdirSync } from 'node:fs';
import { monotonicFactory, ulid } from 'ulid';
import { incidentIdOf } from '../../src/core/incident/authority.ts';
import type { Entry, Event } from '../../src/core/incident/event.ts';
import { metricIds } from '../../src/core/world/thresholds.ts';
import { KeyFiles } from '../../src/data/journal/key-files.ts';
import { OwnFile } from '../../src/data/journal/own-file.ts';

/** Cockpits that take turns: each has a file of its own. */
const cockpits = 4;
const actionPhases = ['confirmed', 'started', 'finished', 'verified'] as const;

/** What a cockpit records in a long incident, in a mix like that of real ones: mostly by itself, some of it by people. */
function eventOf(turn: number): Event {
  const nth = Math.floor(turn / 20);
  const subject = `api-gateway-7d9f6c5b8-${(nth % 90).toString(36)}x${turn % 7}`;
  switch (turn % 20) {
    case 3:
    case 13:
      return {
        kind: 'alert',
        alert: `pods/${subject}`,
        subject,
        change: turn % 20 === 3 ? 'raised' : 'cleared',
        level: 'critical',
        says: `${subject} restarted ${nth % 9} times in 10 min, last exit code 137 (OOMKilled)`,
      };
    case 7:
    case 17:
      return {
        kind: 'verdict',
        finding: `metric/${metricIds[nth % metricIds.length]}`,
        subject: 'API errors',
        from: turn % 20 === 7 ? 'ok' : 'critical',
        to: turn % 20 === 7 ? 'critical' : 'ok',
        says: `${nth % 40}.4 % of 18,230 requests failed in 5 min, more than 5 %`,
      };
    case 9:
      return {
        kind: 'note',
        text: `Restarted the third replica by hand, errors at ${nth % 40} %; watching for 5 min.`,
      };
    case 12:
    case 14:
    case 16:
    case 18:
      return {
        kind: 'action',
        run: `run-${nth}`,
        action: 'restart-deployment',
        target: 'deployment/api-gateway',
        phase: actionPhases[(turn % 20) / 2 - 6] ?? 'verified',
        calls: [`kubectl rollout restart deployment/api-gateway --namespace bentham-prod # ${nth}`],
      };
    case 19:
      return {
        kind: 'notified',
        message: `message-${Math.floor(nth / 2)}`,
        channel: 'slack-ops',
        purpose: 'update',
        delivery: nth % 2 === 0 ? 'sending' : 'sent',
        text: `SEV2, minute ${nth}: the API still fails for some tenants. We restart the gateway and watch the error rate.`,
      };
    default:
      return {
        kind: 'sample',
        values: Object.fromEntries(metricIds.map((id, at) => [id, ((turn * 31 + at * 7) % 1000) / 10])),
        requests: { window: 300_000, seen: 18_230, failed: turn % 900, limited: 4, refused: 1 },
      };
  }
}

/** Writes the journal of an open incident with so many entries into a new directory. Returns the incident's id. */
export async function writeLongIncident(directory: string, entries: number, now = Date.now()): Promise<string> {
  mkdirSync(directory, { recursive: true, mode: 0o700 });
  const keys = new KeyFiles(directory);
  await keys.load('ana');
  await keys.save();
  const { signer } = keys;
  if (!signer) throw new Error('no key');
  const nextId = monotonicFactory();
  const begin = now - Math.min(entries * 3000, 6 * 86_400_000);
  const incident = incidentIdOf(ulid(begin), signer.id);
  const files = Array.from({ length: cockpits }, (_, at) => {
    const writer = {
      session: ulid(begin - 1000 * (cockpits - at)),
      user: 'ana',
      name: 'ana',
      host: 'bastion',
      key: signer.id,
    };
    return { writer, file: new OwnFile(directory, writer, async () => undefined) };
  });
  for (let turn = 0; turn < entries; turn += 1) {
    const at = Math.round(begin + ((now - 60_000 - begin) * turn) / entries);
    const event: Event =
      turn === 0
        ? { kind: 'opened', title: 'API errors', severity: 2, why: 'more than 5 % of the requests fail' }
        : eventOf(turn);
    const { writer, file } = files[Math.floor((turn * cockpits) / entries)] ?? files[0] ?? raise();
    const automatic = event.kind === 'sample' || event.kind === 'alert' || event.kind === 'verdict';
    const entry: Entry = {
      id: nextId(at),
      at,
      writer,
      environment: 'production',
      incident,
      automatic: automatic || undefined,
      event,
    };
    file.add(entry, {}, signer);
  }
  for (const { file } of files) {
    const fault = await file.flush(() => undefined);
    if (fault) throw new Error(fault.what);
    await file.close();
  }
  return incident;
}

function raise(): never {
  throw new Error('no cockpit');
}
