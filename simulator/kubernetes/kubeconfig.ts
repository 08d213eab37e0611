// The file that lets kubectl and the cockpit in.
import { writeFile } from 'node:fs/promises';
import { stringify } from 'yaml';
import type { Identity } from '../http.ts';

export type Entrance = { url: string; identity: Identity; token: string; viewerToken: string; namespace: string };

/** Two contexts: `bentham-drill` has every permission, `bentham-drill-viewer` can only read. */
export async function writeKubeconfig(path: string, entrance: Entrance): Promise<void> {
  const { url, identity, token, viewerToken, namespace } = entrance;
  const context = (name: string, user: string) => ({ name, context: { cluster: 'bentham-drill', user, namespace } });
  const config = {
    apiVersion: 'v1',
    kind: 'Config',
    'current-context': 'bentham-drill',
    clusters: [
      {
        name: 'bentham-drill',
        cluster: { server: url, 'certificate-authority-data': Buffer.from(identity.cert).toString('base64') },
      },
    ],
    users: [
      { name: 'oncall', user: { token } },
      { name: 'viewer', user: { token: viewerToken } },
    ],
    contexts: [context('bentham-drill', 'oncall'), context('bentham-drill-viewer', 'viewer')],
  };
  await writeFile(path, stringify(config), { mode: 0o600 });
}
