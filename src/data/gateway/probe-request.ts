// Which requests are no traffic: they would hide slow requests behind fast ones, and keep the error rate low in an outage.
import type { Settings } from '../../config/settings.ts';

/** Words that mean health wherever they end a path, with a part of it behind them: `/api/v1/health`, `/healthz/ready`. */
const healthPath =
  /(?:^|\/)(?:_{0,2}(?:health|healthz|healthy|livez|readyz|startupz|healthcheck|health[-_]check|liveness|readiness|(?:lb)?heartbeat)_{0,2}|-\/ready|actuator\/[\w-]+)(?:\/[\w-]+)?$/;

/** The path of a probe has one of these words (healthPath), or the last part of a configured path. */
const healthWords = ['health', 'livez', 'liveness', 'ready', 'readiness', 'startupz', 'heartbeat', 'actuator'];

/** Tells probes by who asks and by what is asked for. */
export class ProbeRequests {
  readonly #paths: ReadonlySet<string>;
  readonly #agents: readonly string[];
  readonly #marks: readonly string[];
  readonly #words: RegExp;

  constructor({ gateway, traffic }: Pick<Settings, 'gateway' | 'traffic'>) {
    const paths = [gateway.healthPath, gateway.detailedHealthPath, ...traffic.probePaths];
    this.#paths = new Set(paths.map(pathOf));
    this.#marks = [
      ...this.#paths,
      'health',
      'livez',
      'readyz',
      'startupz',
      'liveness',
      'readiness',
      'heartbeat',
      '/-/',
      '"*"',
    ];
    const words = [...healthWords, ...[...this.#paths].map((path) => path.slice(path.lastIndexOf('/') + 1))];
    this.#words = new RegExp(words.map((word) => word.replace(/[^\w ]/g, '\\$&')).join('|'));
    this.#agents = traffic.probeAgents.map((agent) => agent.toLowerCase());
  }

  /** Whether a request is one: by its URL or path, by its user agent. `OPTIONS *` asks for nothing but an answer. */
  includes(url: unknown, agent: unknown): boolean {
    if (typeof agent === 'string' && this.#isAgent(agent.toLowerCase())) return true;
    if (typeof url !== 'string') return false;
    if (url === '*') return true;
    // Each line of a log comes by here, and few are probes: the path is taken apart only where it may be one's.
    if (!this.#words.test(url.slice(0, Math.min(longestUrl, endOfPath(url))).toLowerCase())) return false;
    const path = pathOf(url);
    return this.#paths.has(path) || healthPath.test(path);
  }

  /** Whether a line may name one, without parsing it. */
  mayBeIn(line: string): boolean {
    return this.#marks.some((mark) => line.includes(mark));
  }

  #isAgent(agent: string): boolean {
    // Many write `Mozilla/5.0 (compatible; NAME/1.0)`.
    return this.#agents.some((known) => {
      const at = agent.indexOf(known);
      return at === 0 || (at > 0 && /[\s;(+/]/.test(agent.charAt(at - 1)));
    });
  }
}

/** Characters of a URL that are read. */
const longestUrl = 500;

/** In lower case, without query, host and the slash at its end. */
function pathOf(url: string): string {
  const path = url.slice(0, longestUrl).replace(/^https?:\/\/[^/]*/i, '');
  return `/${path.slice(0, endOfPath(path)).toLowerCase().split('/').filter(Boolean).join('/')}`;
}

/** Where the query or the fragment begins. */
function endOfPath(url: string): number {
  const end = url.search(/[?#]/);
  return end < 0 ? url.length : end;
}
