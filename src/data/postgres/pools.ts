// The pools of accounts and sessions behind the surfaces: where they cannot be read, only they are missing.
import type { PoolCount } from '../../core/platform/pool.ts';
import { sanitize } from '../../core/text/text.ts';
import type { Ms } from '../../core/time.ts';
import type { Surface, Surfaces } from '../../core/world/facts.ts';
import type { AskSql } from './ask.ts';
import { BudgetedQuery, type ReadBudget } from './budgeted-query.ts';
import { sqlState } from './faults.ts';
import type { Tables } from './queries/columns.ts';
import { accountsOf, type PoolRow, sessionsOf } from './queries/pools.ts';

type Counts = readonly PoolRow[] | undefined;

export type PoolsMemory = { accounts: BudgetedQuery<Counts>; sessions: BudgetedQuery<Counts> };

export const newPoolsMemory = (budget?: ReadBudget): PoolsMemory => ({
  accounts: new BudgetedQuery(budget),
  sessions: new BudgetedQuery(budget),
});

/** Not allowed, gone, too slow, locked: the surfaces are told without it. */
const bearable = ['42501', '42P01', '42703', '57014', '55P03'];

async function countsOf(
  statement: string | undefined,
  kept: BudgetedQuery<Counts>,
  ask: AskSql,
  within: Ms,
): Promise<Counts> {
  if (statement === undefined) return undefined;
  const read = async (): Promise<Counts> => {
    try {
      return await ask<PoolRow>(statement, { within });
    } catch (error) {
      if (sqlState(error) === '57014' || !bearable.includes(sqlState(error) ?? '')) throw error;
      return undefined;
    }
  };
  return (await kept.read(read, async () => undefined)).value;
}

/** Adds their pools to the surfaces. */
export async function withPools(
  surfaces: readonly Surface[],
  tables: Tables,
  memory: PoolsMemory,
  ask: AskSql,
  within: Ms,
): Promise<Pick<Surfaces, 'surfaces' | 'pools'>> {
  const [accounts, sessions] = await Promise.all([
    countsOf(accountsOf(tables.form), memory.accounts, ask, within),
    countsOf(sessionsOf(tables.form), memory.sessions, ask, within),
  ]);
  const of = (rows: Counts, id: string): readonly PoolCount[] | undefined => {
    const here = (rows ?? []).filter(({ surface }) => sanitize(surface ?? 'no surface', 100) === id);
    return here.length === 0 ? undefined : here.map(poolCount);
  };
  return {
    surfaces: surfaces.map((one) => ({ ...one, accounts: of(accounts, one.id), sessions: of(sessions, one.id) })),
    pools: { accounts: accounts !== undefined, sessions: sessions !== undefined },
  };
}

const poolCount = ({ group, state, count }: PoolRow): PoolCount => ({
  group: group === null ? undefined : sanitize(group, 60),
  state: sanitize(state ?? '', 40),
  count,
});
