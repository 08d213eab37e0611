// What a health endpoint says about itself. The runbook's form is {"status":"healthy","services":{"database":"healthy"}};
// some versions answer {"status":"ok"} and {"status":"degraded","checks":{"database":"ok","redis":"error"}}.

import { evaluateWord, isService } from '../../core/health/health-words.ts';
import { worst } from '../../core/health/status.ts';
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
/** What holds services and nothing else; `details` may hold anything. */
const servicesKeys = ['services', 'checks', 'components', 'dependencies'];
const statusKeys = ['status', 'state', 'health', 'healthy', 'ok'];
/** Keys that tell a state only as a boolean. */
const booleanKeys = ['connected', 'reachable', 'available', 'alive', 'ready', 'up'];
/** So many are read, and so many shown, the bad ones first. */
const readServices = 1000;
const shownServices = 32;

/** Keys that tell what went wrong. */
const errorKeys = ['error', 'errors'];
const isError = (value: unknown): boolean => (typeof value === 'string' || Array.isArray(value)) && value.length > 0;

type Bag = { readonly [key: string]: unknown };
const isBag = (value: unknown): value is Bag => typeof value === 'object' && value !== null && !Array.isArray(value);

/** Reads a health body. It never fails: what cannot be read is a problem, and not healthy. */
export function readHealthBody(text: string): HealthBody {
  let body: unknown;
  // A byte order mark stands before the JSON of some servers.
  const plain = text.replace(/^\uFEFF/, '');
  try {
    body = JSON.parse(plain);
  } catch {
    const word = plain.trim().toLowerCase();
    if (isHealthy(word)) return { status: word, services: [], healthy: true };
    return { services: [], problem: plain.trim() === '' ? 'body is empty' : 'body is not JSON', healthy: false };
  }
  // The API wraps its answers: {success, data}.
  const layers = isBag(body) && isBag(body.data) ? [body, body.data] : [body];
  const status = worstWord(layers.flatMap(wordsOf));
  const services = layers.flatMap((layer) => (isBag(layer) ? servicesOf(layer) : []));
  if (status === undefined && services.length === 0)
    return { services, problem: 'body has no health status', healthy: false };
  const sick = services.filter((s) => !s.healthy);
  const sickFirst = [...sick, ...services.filter((s) => s.healthy)];
  const saysHealthy = status === undefined ? sick.length === 0 : isHealthy(status);
  const contradiction =
    saysHealthy && sick.length > 0
      ? `says ${status ?? 'nothing'}, but ${sick.map((s) => s.name).join(', ')} is not`
      : '';
  return {
    status,
    services: services.length > shownServices ? sickFirst.slice(0, shownServices) : services,
    problem: contradiction || undefined,
    healthy: saysHealthy && sick.length === 0,
  };
}

/** Of several words the worst, of equals the first. */
function worstWord(words: readonly string[]): string | undefined {
  const verdict = worst(words.map(evaluateWord));
  return words.find((word) => evaluateWord(word) === verdict);
}

/** A state in one word, from text, a boolean, an object that holds one, or a list (health+json): its worst one. */
const wordOf = (value: unknown): string | undefined => worstWord(wordsOf(value));

function wordsOf(value: unknown): string[] {
  if (Array.isArray(value)) return value.slice(0, readServices).flatMap((one) => (isBag(one) ? wordsOf(one) : []));
  if (typeof value === 'string') return [sanitize(value, 60).trim().toLowerCase()].filter(Boolean);
  if (typeof value === 'boolean') return [value ? 'ok' : 'failed'];
  if (!isBag(value)) return [];
  const { success } = value;
  const told = statusKeys
    .map((key) => value[key])
    .filter((inner) => typeof inner === 'string' || typeof inner === 'boolean');
  const known = booleanKeys.map((key) => value[key]).filter((inner) => typeof inner === 'boolean');
  return [...told, ...known, ...(success === false ? [false] : [])].flatMap(wordsOf);
}

/** A service's state; of one that Bentham needs also by its parts: `"database": {"primary": {"status": "down"}}`. */
function stateOf(name: string, value: unknown): string | undefined {
  // `"database": null`, `"db": 0` and `"redis": ""` tell no state; other numbers are measured values.
  if (isService(name) && (value === null || value === 0 || value === '')) return 'no status';
  const own = wordOf(value);
  if (isBag(value) && own !== undefined && isError(value.error)) return worstWord([own, 'error']);
  if (own !== undefined || !isBag(value) || !isService(name)) return own;
  return worstWord(Object.values(value).slice(0, readServices).filter(isBag).flatMap(wordsOf));
}

/** The services of their lists, and what stands beside the status and can be nothing else: `"database": "down"`. */
function servicesOf(body: Bag): readonly ServiceHealth[] {
  const listed = servicesKeys.flatMap((key) => entriesOf(body[key]));
  // Beside a status an error speaks against it; an answer that is one itself tells no health.
  const hasStatus = wordsOf(body).length > 0;
  const beside = Object.entries(body)
    .filter(([key, value]) => tells(key, value) || (hasStatus && errorKeys.includes(key) && isError(value)))
    .map(([key, value]) => [key, Array.isArray(value) ? 'told' : value] as const);
  const detailed = entriesOf(body.details).filter(([name, value]) => stateOf(String(name), value) !== undefined);
  return [...listed, ...detailed, ...beside].slice(0, readServices).flatMap(([name, value]) => {
    const named = sanitize(name, 40);
    // A service without a state is not known to be healthy; a measured value beside the services needs none.
    const measured = typeof value === 'number' || (typeof value === 'object' && value !== null);
    const word = stateOf(named, value) ?? (measured && !isService(named) ? undefined : 'no status');
    return named === '' || word === undefined ? [] : [{ name: named, healthy: isHealthy(word), word }];
  });
}

function entriesOf(list: unknown): readonly (readonly [name: unknown, value: unknown])[] {
  if (Array.isArray(list))
    return list.map((one: unknown) => [isBag(one) ? (one.name ?? one.service) : one, one] as const);
  return isBag(list) ? Object.entries(list) : [];
}

function tells(key: string, value: unknown): boolean {
  if ([...statusKeys, ...servicesKeys, 'details', 'data', 'success'].includes(key)) return false;
  const word = stateOf(key, value);
  if (word === undefined) return false;
  return isService(key) || (!Array.isArray(value) && typeof value !== 'boolean' && evaluateWord(word) === 'critical');
}
