// Where the checkout's stand-ins take effect: an endpoint on loopback, behind a token, that changes the drill's database
// and conditions as the platform's own admin commands would.
import { randomBytes } from 'node:crypto';
import type { ServerResponse } from 'node:http';
import { type Admin, type AdminTargets, createAdmin, type Outcome } from './admin.ts';
import { listen, locate, readBody, sendJson } from './http.ts';
import { type Asked, kubectl } from './kubectl/kubectl.ts';
import type { Kubernetes } from './kubernetes/kubernetes.ts';
import type { Layout } from './kubernetes/layout.ts';

/** `scratch`: a directory that goes with the drill. */
export type ControlOptions = AdminTargets & { kubernetes: Kubernetes; layout: Layout; scratch: string };

export type Control = Awaited<ReturnType<typeof startControl>>;

export async function startControl(options: ControlOptions) {
  const token = randomBytes(24).toString('base64url');
  const admin: Admin = createAdmin(options);
  const server = await listen(async (request, response) => {
    const { pathname } = locate(request);
    // Staging has no gateway of its own here; its pods answer for it.
    if (pathname === '/staging/health') {
      const { staging } = options.layout;
      if (staging === undefined) return sendJson(response, 404, { error: 'there is no staging' });
      const { store } = options.kubernetes;
      const deployments = store.list('deployments', staging);
      const well = deployments.every((one) => (one.status.readyReplicas ?? 0) >= one.spec.replicas);
      return sendJson(response, well ? 200 : 503, { status: well ? 'healthy' : 'unhealthy', services: {} });
    }
    if (request.headers.authorization !== `Bearer ${token}`) {
      return sendJson(response, 401, { lines: ['not the drill’s token'], exitCode: 1 });
    }
    const body = JSON.parse((await readBody(request)).toString()) as unknown;
    if (pathname === '/kubectl') return runKubectl(body as Asked, options.scratch, response);
    const argv = Array.isArray(body) ? body.map(String) : [];
    const outcome = await admin(argv).catch(
      (error: unknown): Outcome => ({
        lines: [`error: ${error instanceof Error ? error.message : String(error)}`],
        exitCode: 1,
      }),
    );
    sendJson(response, 200, outcome);
  });
  return {
    url: `${server.url}/run`,
    kubectlUrl: `${server.url}/kubectl`,
    token,
    stagingHealthUrl: `${server.url}/staging/health`,
    stop: server.stop,
  };
}

/** Each line at once, and the exit code at the end, as JSON lines. */
async function runKubectl(asked: Asked, scratch: string, response: ServerResponse): Promise<void> {
  const gone = new AbortController();
  response.once('close', () => gone.abort());
  response.writeHead(200, { 'content-type': 'application/x-ndjson' });
  const print = (line: string) => response.write(`${JSON.stringify({ line })}\n`);
  const exitCode = await kubectl(asked, { scratch, print, signal: gone.signal });
  response.end(`${JSON.stringify({ exitCode })}\n`);
}
