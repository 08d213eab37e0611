// In a guarded environment TLS is required to PostgreSQL, Redis and the relay, unless the configuration says `disable` in
// words.
import { isLoopback } from '../core/loopback.ts';
import type { Entry } from './layer.ts';

const why = 'because the environment is guarded';

/** Puts the modes in force: `require` where nothing, or less than that, was said. This machine itself is left out. */
export function requireTls(merged: Map<string, Entry>): void {
  if (merged.get('environment.guarded')?.value !== true) return;
  for (const server of ['database.primary', 'database.replica']) {
    const host = merged.get(`${server}.host`)?.value;
    if (typeof host === 'string' && !host.startsWith('/') && !isLoopback(host))
      raise(merged, `${server}.sslMode`, ['allow', 'prefer']);
  }
  for (const [option, tls] of [
    ['redis.url', 'redis.tls'],
    ['incident.relay', 'incident.relayTls'],
  ] as const) {
    const url = merged.get(option)?.value;
    const redis = typeof url === 'string' ? URL.parse(url) : null;
    if (redis?.protocol === 'redis:' && !isLoopback(redis.hostname)) raise(merged, tls, []);
  }
}

function raise(merged: Map<string, Entry>, path: string, tooLittle: readonly unknown[]): void {
  const given = merged.get(path);
  if (given?.value == null) {
    const says = `default, ${why}`;
    merged.set(path, { path, value: 'require', origin: { layer: 'default', says }, source: says });
  } else if (tooLittle.includes(given.value)) {
    const says = `${given.origin.says} says ${given.value}; require, ${why}`;
    merged.set(path, { ...given, value: 'require', origin: { ...given.origin, says } });
  }
}
