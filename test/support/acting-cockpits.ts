// Cockpits in one process that act without a pause, until they are killed; after the first actions it says how long they
// took, in ms. Its arguments: a directory, the port of a relay,
// the URL of PagerDuty, how many cockpits, and a name for what this process does.
import path from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import { ulid } from 'ulid';
import type { Run } from '../../src/core/actions/run.ts';
import { laneOf, RelayCockpit } from './relay-cockpit.ts';

const [directory = '', port = '', url = '', count = '', turn = ''] = process.argv.slice(2);

async function until(isSo: () => boolean): Promise<void> {
  while (!isSo()) await wait(2);
}

/** How one cockpit acts once. */
async function acting(lane: number): Promise<() => Promise<void>> {
  const latest = new Map<string, Run>();
  const one = new RelayCockpit(`ops${lane}`, Number(port), {
    directory: path.join(directory, String(lane)),
    incident: laneOf(lane),
    channels: { pagerDuty: { routingKey: 'R0', url } },
    runs: ({ runs = {} }) => {
      for (const [id, run] of Object.entries(runs)) latest.set(id, run);
    },
  });
  await until(() => one.context?.relay?.isRead === true);
  if (!one.recorder.incident) one.do({ do: 'open', severity: 1, why: 'killed again and again' });
  // Who was killed between its lease and its entry is not who the journal names: a person presses again.
  for (let tries = 0; one.recorder.mayAct() !== undefined || !one.recorder.incident; tries += 1) {
    if (one.recorder.incident && tries % 250 === 0) one.do({ do: 'control', why: 'resumed' });
    await wait(2);
  }
  one.send({ kind: 'arm', reason: 'to be killed' });
  let page = 0;
  return async () => {
    const id = ulid();
    page += 1;
    const target = { page: `page-${turn}-${lane}-${page}` };
    one.send({ kind: 'run', run: id, what: { do: 'plan', action: 'acknowledge-page', target } });
    await until(() => latest.get(id)?.phase === 'planned');
    one.send({ kind: 'run', run: id, what: { do: 'confirm', typed: latest.get(id)?.accepts ?? [] } });
    await until(() => latest.get(id)?.phase === 'done');
  };
}

const all = await Promise.all(Array.from({ length: Number(count) }, (_, lane) => acting(lane)));
const begun = performance.now();
await Promise.all(all.map((act) => act()));
process.stdout.write(`${Math.round(performance.now() - begun)}\n`);
await Promise.all(
  all.map(async (act) => {
    for (;;) await act();
  }),
);
