import { stat } from 'node:fs/promises';
import path from 'node:path';
import type { Settings } from '../../config/settings.ts';
import type { Checkup } from '../../core/health/checkup.ts';
import { quote } from '../../core/text/shell.ts';
import { sanitize } from '../../core/text/text.ts';
import type { Ms } from '../../core/time.ts';
import type { DoctorCheck } from '../doctor-check.ts';
import { childEnvironment } from './environment.ts';
import { adminCommandThere } from './package-manager.ts';
import { packageScripts } from './package-scripts.ts';
import { findProgram, notRunnable } from './path.ts';
import { printedBy } from './printed.ts';

const area = 'tools';

/** The package scripts of the runbook's commands: pnpm admin:apikey, admin:surface, admin:sessions, test:surface. */
const scripts = ['admin:apikey', 'admin:surface', 'admin:sessions', 'test:surface'];

/** kubectl, the admin command, the checkout with its scripts and manifests. Only versions are asked for. */
export function toolsProbe({ admin }: Settings, timeout: Ms): DoctorCheck {
  const directory = admin.directory ?? process.cwd();
  return {
    area,
    what: 'programs',
    where: 'this machine',
    essential: false,
    async run(signal) {
      const checkout = await checkoutThere(admin.directory);
      const [kubectl, command] = await Promise.all([
        kubectlThere(admin.kubectl, directory, timeout, signal),
        adminCommandThere(admin, directory, timeout, signal),
      ]);
      if (!admin.directory) return [kubectl, command, checkout];
      return [
        kubectl,
        command,
        checkout,
        await scriptThere(admin.failoverScript, directory),
        await manifestsThere('staging manifests', admin.stagingManifests, directory),
        await manifestsThere('production manifests', admin.productionManifests, directory),
      ];
    },
  };
}

async function kubectlThere(name: string, directory: string, timeout: Ms, signal: AbortSignal): Promise<Checkup> {
  const about = { area, what: 'kubectl' };
  const found = await findProgram(name, directory);
  if (!found.ok)
    return {
      ...about,
      verdict: 'warning',
      answer: `${name}: ${notRunnable[found.code]}`,
      todo: 'install kubectl to deploy and to work by hand',
    };
  try {
    const stdout = await printedBy([found.file, 'version', '--client', '--output=json'], {
      timeout,
      cancelSignal: signal,
      env: childEnvironment(process.env, ['KUBECONFIG']),
    });
    const { clientVersion } = JSON.parse(stdout) as { clientVersion?: { gitVersion?: unknown } };
    return { ...about, verdict: 'ok', answer: `${sanitize(clientVersion?.gitVersion, 40)}, ${found.file}` };
  } catch {
    return {
      ...about,
      verdict: 'warning',
      answer: `${found.file} does not run`,
      todo: `try it: ${found.file} version --client`,
    };
  }
}

async function checkoutThere(directory: string | undefined): Promise<Checkup> {
  const about = { area, what: 'Bentham checkout' };
  if (!directory)
    return {
      ...about,
      verdict: 'warning',
      answer: 'not set',
      todo: 'set admin.directory to the checkout with package.json, scripts/ and k8s/',
    };
  const found = await packageScripts(directory);
  if (!found.ok) return { ...about, verdict: 'warning', answer: found.fault.what, todo: 'check admin.directory' };
  const absent = scripts.filter((script) => !found.value.includes(script));
  if (absent.length === 0) return { ...about, verdict: 'ok', answer: directory };
  const answer = `${path.join(directory, 'package.json')} has no ${absent.join(', ')}`;
  return { ...about, verdict: 'warning', answer, todo: 'update the checkout' };
}

async function scriptThere(script: string, directory: string): Promise<Checkup> {
  const about = { area, what: 'failover script' };
  const found = await findProgram(script.includes('/') ? script : `./${script}`, directory);
  if (found.ok) return { ...about, verdict: 'ok', answer: found.file };
  const file = path.resolve(directory, script);
  const todo =
    found.code === 'not-executable' ? `chmod +x ${quote(file)}` : 'update the checkout, or set admin.failoverScript';
  return { ...about, verdict: 'warning', answer: `${file}: ${notRunnable[found.code]}`, todo };
}

async function manifestsThere(what: string, given: string, directory: string): Promise<Checkup> {
  const place = path.resolve(directory, given);
  if (await stat(place).catch(() => undefined)) return { area, what, verdict: 'ok', answer: place };
  return { area, what, verdict: 'warning', answer: `${place}: absent`, todo: 'update the checkout' };
}
