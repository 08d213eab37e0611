// The words that platforms and frameworks use for their own health, as health status. Any other word is unknown.
import type { HealthStatus } from './status.ts';

const words: Readonly<Record<Exclude<HealthStatus, 'unknown'>, ReadonlySet<string>>> = {
  ok: new Set(
    `healthy ok okay up pass passing passed alive ready connected true
     running online available operational serving success green good normal`.split(/\s+/),
  ),
  // It works, with something missing (health+json: `warn`).
  warning: new Set('degraded warn warning partial impaired slow yellow amber'.split(' ')),
  critical: new Set(
    `unhealthy error errors errored down fail failed failing failure false critical fatal dead broken red
     disconnected unavailable unreachable offline stopped crashed not_serving timeout out_of_service
     not_ready unready not_connected`.split(/\s+/),
  ),
};

/** A word of a health body, in lower case, as a verdict. */
export function evaluateWord(word: string): HealthStatus {
  const plain = word.replace(/[\s-]+/g, '_');
  if (words.ok.has(plain)) return 'ok';
  if (words.warning.has(plain)) return 'warning';
  return words.critical.has(plain) ? 'critical' : 'unknown';
}

/** Whether a service of a health body is the database: without it nothing works, whatever the whole calls itself. */
export function isDatabase(service: string): boolean {
  return /database|postgres|(^|[^a-z])(db|pg|sql|rds|aurora|prisma)([^a-z]|$)/i.test(service);
}

/** Whether a name in a health body can only be that of a service that Bentham needs. */
export function isService(name: string): boolean {
  return isDatabase(name) || /redis|cache|queue|orchestrator|executor|storage|(^|[^a-z])s3([^a-z]|$)/i.test(name);
}
