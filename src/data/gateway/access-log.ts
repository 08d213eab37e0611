// The gateway's own JSON log (Fastify and pino): which lines are answered requests, and how they went.
import type { Settings } from '../../config/settings.ts';
import { fieldAt } from '../../core/logs/log-fields.ts';
import type { Ms } from '../../core/time.ts';

/** One answered request. */
export type Answered = { ms: Ms; status: number; at?: number };

/** Probes are no traffic: they would hide slow requests behind fast ones, and keep the error rate low in an outage. */
const probePaths = ['/healthz', '/livez', '/readyz', '/health', '/ready', '/live', '/metrics'];
/** Fastify names the URL when a request comes and not when it is answered; the probes under way are remembered. */
const rememberedProbes = 1000;

/** Reads one container's lines, in their order. */
export class AccessLog {
  readonly #fields: Settings['logFields'];
  readonly #mark: string;
  readonly #paths: readonly string[];
  readonly #probes = new Set<string>();

  constructor(settings: Pick<Settings, 'logFields' | 'gateway'>) {
    this.#fields = settings.logFields;
    // The response time's own name, as it stands in a line.
    this.#mark = `"${settings.logFields.responseTime.split('.').at(-1)}"`;
    this.#paths = [settings.gateway.healthPath, settings.gateway.detailedHealthPath, ...probePaths];
  }

  /** Whether a line may be an answered request, without parsing it. */
  isCandidate(line: string): boolean {
    return line.includes(this.#mark);
  }

  /** A line that is no candidate may announce a probe. */
  notice(line: string): void {
    if (!this.#paths.some((path) => line.includes(path))) return;
    const record = parse(line);
    const id = record && this.#requestId(record);
    if (!record || !id || !this.#isProbe(record)) return;
    this.#probes.add(id);
    for (const oldest of this.#probes) {
      if (this.#probes.size <= rememberedProbes) break;
      this.#probes.delete(oldest);
    }
  }

  /** An answered request that is no probe. */
  read(line: string): Answered | undefined {
    const record = parse(line);
    if (!record) return undefined;
    const ms = Number(fieldAt(record, this.#fields.responseTime) ?? Number.NaN);
    const status = Number(first(record, this.#fields.statusCode) ?? Number.NaN);
    if (!(ms >= 0) || !(status >= 100 && status < 600)) return undefined;
    const id = this.#requestId(record);
    if (this.#isProbe(record) || (id !== undefined && this.#probes.delete(id))) return undefined;
    const time = fieldAt(record, this.#fields.time);
    const at = typeof time === 'number' ? time : typeof time === 'string' ? Date.parse(time) : Number.NaN;
    return { ms, status, ...(Number.isNaN(at) ? {} : { at }) };
  }

  #requestId(record: object): string | undefined {
    const id = first(record, this.#fields.requestId);
    return typeof id === 'string' || typeof id === 'number' ? String(id) : undefined;
  }

  #isProbe(record: object): boolean {
    const url = fieldAt(record, 'req.url') ?? fieldAt(record, 'url');
    if (typeof url !== 'string') return false;
    const path = url.split('?')[0];
    return this.#paths.some((probe) => path === probe);
  }
}

function first(record: object, paths: readonly string[]): unknown {
  for (const path of paths) {
    const value = fieldAt(record, path);
    if (value !== undefined) return value;
  }
  return undefined;
}

function parse(line: string): object | undefined {
  try {
    const record: unknown = JSON.parse(line);
    return typeof record === 'object' && record !== null ? record : undefined;
  } catch {
    return undefined;
  }
}
