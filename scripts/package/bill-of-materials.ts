// What the executable contains, as CycloneDX: npm's own list without what differs from run to run.
import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import program from '../../package.json' with { type: 'json' };

const run = promisify(execFile);

/** The software bill of materials as JSON. `commit` names the sources; `epoch` is their time in seconds since 1970. */
export async function billOfMaterials(commit: string, epoch: number): Promise<string> {
  const options = ['sbom', '--sbom-format', 'cyclonedx', '--omit', 'dev', '--package-lock-only'];
  const { stdout } = await run('npm', options, { maxBuffer: 64 * 1024 * 1024 });
  const { serialNumber: _, metadata, ...bill } = JSON.parse(stdout);
  const { timestamp: __, tools: ___, ...about } = metadata;
  // npm names the program after the directory of the checkout.
  const component = { ...about.component, type: 'application', name: program.name };
  const properties = [{ name: 'commit', value: commit }];
  const timestamp = new Date(epoch * 1000).toISOString();
  return `${JSON.stringify({ ...bill, metadata: { timestamp, ...about, component, properties } }, undefined, 1)}\n`;
}
