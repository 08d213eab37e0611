// AWS as a small server on loopback, until the test ends.
import { createServer, type RequestListener } from 'node:http';
import type { AddressInfo } from 'node:net';
import { onTestFinished, vi } from 'vitest';
import type { Settings } from '../../src/config/settings.ts';
import { good } from './configuration.ts';

/** The settings of a cockpit whose S3, RDS and Secrets Manager are that server. */
export async function awsAnsweredBy(answer: RequestListener): Promise<Settings> {
  const server = createServer(answer);
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  vi.stubEnv('AWS_ACCESS_KEY_ID', 'k');
  vi.stubEnv('AWS_SECRET_ACCESS_KEY', 's');
  onTestFinished(() => {
    vi.unstubAllEnvs();
    server.closeAllConnections();
    server.close();
  });
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  return (await good({ env: { AWS_ENDPOINT_URL: url, AWS_REGION: 'eu-central-1' } })).settings;
}
