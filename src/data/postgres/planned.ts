// Statements that a session asks again and again are planned once: to plan a look at a server takes it four times as long as
// to run it. Only where the session is ours: behind a pooler the next transaction may be on another connection.
import { createHash } from 'node:crypto';
import { type Instant, type Ms, minute, second } from '../../core/time.ts';
import { isLostConnection, sqlState } from './faults.ts';

/** What is asked again within this time is planned. */
const often: Ms = 30 * second;
/** A plan is made anew after this: without ANALYZE the server would not notice that a table has grown. */
const stands: Ms = 10 * minute;
/** How many plans a session keeps: each takes the server some memory. */
const most = 8;
/** Of how many statements it is remembered when they were asked. */
const mostAsked = 40;

/** A plan that is gone: another connection answers; or one of a table that has changed since. */
const gone = '26000';
const changed = '0A000';
/** No time, or a lock: the statement itself would have to wait as long again. */
const late = ['57014', '55P03'];

type Send = (text: string) => Promise<unknown>;

type Plan = { name: string; until: Instant };

/** The plans of one connection. */
export class PlannedStatements {
  /** By a hash of the statement; what was used last is at the end. */
  readonly #plans = new Map<string, Plan>();
  readonly #asked = new Map<string, Instant>();
  /** The session turned out to be another's, too. */
  #isRefused = false;
  readonly #clock: () => Instant;

  constructor(clock: () => Instant = () => performance.now()) {
    this.#clock = clock;
  }

  /**
   * Runs a statement behind `settings`, by its plan where it has one. `send`: one message to the server; throws what it
   * answers. What cannot be prepared, or has a plan that is outdated, runs as it is.
   */
  async run(send: Send, settings: string, sql: string): Promise<unknown> {
    const key = createHash('sha256').update(sql).digest('hex').slice(0, 24);
    const plan = this.#isRefused ? undefined : await this.#planOf(send, key, settings, sql);
    if (plan)
      try {
        return await send(`${settings}; EXECUTE ${plan.name}`);
      } catch (error) {
        if (sqlState(error) !== gone && sqlState(error) !== changed) throw error;
        this.#isRefused = sqlState(error) === gone;
        if (!this.#isRefused) await this.#forget(send, key, plan);
      }
    return send(`${settings}; ${sql}`);
  }

  async #planOf(send: Send, key: string, settings: string, sql: string): Promise<Plan | undefined> {
    const now = this.#clock();
    const askedAt = this.#asked.get(key) ?? Number.NEGATIVE_INFINITY;
    renew(this.#asked, key, now);
    for (const old of this.#asked.keys()) if (this.#asked.size > mostAsked) this.#asked.delete(old);
    const known = this.#plans.get(key);
    if (known && now < known.until) {
      renew(this.#plans, key, known);
      return known;
    }
    if (known) await this.#forget(send, key, known);
    return now - askedAt > often ? undefined : await this.#prepare(send, key, settings, sql);
  }

  /** Undefined where the server does not prepare it. */
  async #prepare(send: Send, key: string, settings: string, sql: string): Promise<Plan | undefined> {
    for (const [old, plan] of this.#plans) if (this.#plans.size >= most) await this.#forget(send, old, plan);
    const plan = { name: `cockpit_${key}`, until: this.#clock() + stands };
    try {
      await send(`${settings}; PREPARE ${plan.name} AS ${sql}`);
    } catch (error) {
      if (isLostConnection(error) || late.includes(sqlState(error) ?? '')) throw error;
      this.#isRefused = sqlState(error) === '42P05';
      return undefined;
    }
    this.#plans.set(key, plan);
    return plan;
  }

  async #forget(send: Send, key: string, { name }: Plan): Promise<void> {
    this.#plans.delete(key);
    try {
      await send(`DEALLOCATE ${name}`);
    } catch (error) {
      if (isLostConnection(error)) throw error;
      this.#isRefused = true;
    }
  }
}

/** Sets it as the last one of the map. */
function renew<V>(map: Map<string, V>, key: string, value: V): void {
  map.delete(key);
  map.set(key, value);
}
