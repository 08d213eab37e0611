// A Prometheus that answers every query with the same figure, and counts what it is asked.
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';

export type CountedPrometheus = {
  /** Points a cockpit at it. */
  environment: Record<string, string>;
  /** Requests since the start. */
  requests(): number;
  stop(): Promise<void>;
};

const answer = JSON.stringify({
  status: 'success',
  data: { resultType: 'vector', result: [{ metric: {}, value: [1, '0.01'] }] },
});

export async function startCountedPrometheus(): Promise<CountedPrometheus> {
  let asked = 0;
  const server = createServer((_, response) => {
    asked += 1;
    response.setHeader('content-type', 'application/json');
    response.end(answer);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  return {
    environment: {
      BENTHAM_PROMETHEUS_URL: `http://127.0.0.1:${port}`,
      BENTHAM_PROMETHEUS_P95_QUERY: 'p95',
      BENTHAM_PROMETHEUS_ERROR_RATE_QUERY: 'errors',
    },
    requests: () => asked,
    stop() {
      server.closeAllConnections();
      return new Promise((resolve) => server.close(() => resolve()));
    },
  };
}
