// Hostile strings where a configuration may have text: as values of every option, from the file, the
// environment and flags, as names of options and profiles, and in a kubeconfig. What is said of them has letters only.
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { expect, test } from 'vitest';
import { stringify } from 'yaml';
import { describeRedirection } from '../../src/config/load.ts';
import { options } from '../../src/config/options.ts';
import { describeProblem } from '../../src/config/problem.ts';
import { configJson, configText } from '../../src/config/show.ts';
import { loadTarget } from '../../src/data/kubernetes/kubeconfig.ts';
import { type Given, load } from '../support/configuration.ts';
import { Hostile, leakInText, mark } from '../support/hostile.ts';

const hostile = new Hostile(7);

/** All that is said of a configuration, right or wrong. */
async function said(given: Given): Promise<string> {
  const loaded = await load(given);
  const problems = [...(loaded.ok ? loaded.ignored : loaded.problems), ...loaded.warnings].map(describeProblem);
  if (!loaded.ok) return problems.join('\n');
  const redirected = loaded.redirected.map(describeRedirection);
  return [...problems, ...redirected, configText(loaded), JSON.stringify(configJson(loaded))].join('\n');
}

const nested = (option: string, value: unknown) =>
  option.split('.').reduceRight<unknown>((inner, name) => ({ [name]: inner }), value) as object;

test('no option from any source brings an escape sequence to the terminal', async () => {
  let shown = 0;
  for (const { path: option, environment } of options.values())
    for (let round = 0; round < 3; round += 1) {
      const [text, other, third] = [hostile.string(), hostile.string(), hostile.string()];
      const all = await Promise.all([
        said({ yaml: stringify(nested(option, text)) }),
        said({ env: { [environment]: text.replaceAll('\0', ''), PGSERVICE: other, REDIS_URL: `redis://${third}` } }),
        said({
          flags: { set: [`${option}=${other}`] },
          yaml: stringify({ ...nested(`${option}${third}`, 1), profile: text }),
        }),
        said({ yaml: `${text}\n${option}: [${other}` }),
      ]);
      for (const one of all) expect(leakInText(one), option).toBeUndefined();
      if (all.some((one) => one.includes(mark))) shown += 1;
    }
  expect(shown).toBeGreaterThan(options.size);
  expect(hostile.count).toBeGreaterThan(1000);
});

test('no kubeconfig brings an escape sequence to the terminal', async () => {
  const home = mkdtempSync(path.join(tmpdir(), 'bentham-hostile-'));
  try {
    const file = path.join(home, 'config');
    for (let round = 0; round < 200; round += 1) {
      const [context, cluster, user, server] = Array.from({ length: 4 }, () => hostile.string());
      const wrong = round % 4;
      const config = {
        'current-context': wrong === 0 ? hostile.string() : context,
        contexts: [{ name: context, context: { cluster: wrong === 1 ? hostile.string() : cluster, user } }],
        clusters: [{ name: cluster, cluster: { server: wrong === 2 ? server : 'https://k', 'proxy-url': server } }],
        users: wrong === 3 ? [] : [{ name: user, user: {} }],
      };
      writeFileSync(file, round % 10 === 9 ? `${context}: [${cluster}` : stringify(config));
      const target = await loadTarget({ kubeconfig: file });
      expect(target.ok).toBe(false);
      if (!target.ok) for (const text of Object.values(target.fault)) expect(leakInText(String(text))).toBeUndefined();
    }
  } finally {
    rmSync(home, { recursive: true, force: true });
  }
});
