// What a health endpoint says about itself. The runbook's form is {"status":"healthy","services":{"database":"healthy"}};
// some versions answer {"status":"ok"} and {"status":"degraded","checks":{"database":"ok","redis":"error"}}.

import { evaluateWord } from '../../core/health/health-words.ts';
import { sanitize } from '../../core/text/text.ts';
import type { ServiceHealth } from '../../core/world/facts.ts';

export type HealthBody = {
  /** The body's own word, in lower case. */
  status?: string;
  services: readonly ServiceHealth[];
  /** What is wrong with the body itself. */
  problem?: string;
  healthy: boolean;
};

const isHealthy = (word: string): boolean => evaluateWord(word) === 'ok';
const servicesKeys = ['services', 'checks', 'components', 'dependencies', 'details'];
const statusKeys = ['status', 'state', 'health', 'healthy', 'ok'];
const manyServices = 32;

type Bag = { readonly [key: string]: unknown };
const isBag = (value: unknown): value is Bag => typeof value === 'object' && value !== null && !Array.isArray(value);

/** Reads a health body. It never fails: what cannot be read is a problem, and not healthy. */
export function readHealthBody(text: string): HealthBody {
  let body: unknown;
  try {
    body = JSON.parse(text);
  } catch {
    const word = text.trim().toLowerCase();
    if (isHealthy(word)) return { status: word, services: [], healthy: true };
    return { services: [], problem: text.trim() === '' ? 'body is empty' : 'body is not JSON', healthy: false };
  }
  const status = wordOf(body);
  const services = isBag(body) ? servicesOf(body) : [];
  if (status === undefined && services.length === 0)
    return { services, problem: 'body has no health status', healthy: false };
  const sick = services.filter((s) => !s.healthy);
  const saysHealthy = status === undefined ? sick.length === 0 : isHealthy(status);
  const contradiction =
    saysHealthy && sick.length > 0
      ? `says ${status ?? 'nothing'}, but ${sick.map((s) => s.name).join(', ')} is not`
      : '';
  return {
    status,
    services,
    problem: contradiction || undefined,
    healthy: saysHealthy && sick.length === 0,
  };
}

/** A state in one word, from text, a boolean, an object that holds one, or a list (health+json): its first bad one. */
function wordOf(value: unknown): string | undefined {
  if (Array.isArray(value)) {
    const words = value.slice(0, manyServices).map((one) => (isBag(one) ? wordOf(one) : undefined));
    const told = words.filter((word) => word !== undefined);
    return told.find((word) => !isHealthy(word)) ?? told[0];
  }
  if (typeof value === 'string') return sanitize(value, 60).trim().toLowerCase() || undefined;
  if (typeof value === 'boolean') return value ? 'ok' : 'failed';
  if (!isBag(value)) return undefined;
  for (const key of statusKeys) {
    const inner = value[key];
    if (typeof inner === 'string' || typeof inner === 'boolean') return wordOf(inner);
  }
  return undefined;
}

function servicesOf(body: Bag): readonly ServiceHealth[] {
  const found = servicesKeys.map((key) => body[key]).find((v) => typeof v === 'object' && v !== null);
  const entries: readonly (readonly [unknown, unknown])[] = Array.isArray(found)
    ? found.map((one: unknown) => [isBag(one) ? (one.name ?? one.service) : undefined, one] as const)
    : Object.entries(found ?? {});
  return entries.slice(0, manyServices).flatMap(([name, value]) => {
    const named = sanitize(name, 40);
    const word = wordOf(value);
    if (named === '' || word === undefined) return [];
    return [{ name: named, healthy: isHealthy(word), word }];
  });
}
