// The statement that takes most of the primary's time now, as a part of its fact: a slow API may wait for it.
import { type BusyStatement, firstPace, isBusiest } from '../../core/health/busiest.ts';
import { statementKind } from '../../core/text/statement.ts';
import { type Ms, minute, second } from '../../core/time.ts';
import type { AskSql } from './ask.ts';
import { isLate, isRefusal } from './faults.ts';
import { type BusyRow, busiest, mostBusy, type TextRow, texts } from './queries/statements.ts';
import type { Session } from './session.ts';
import { meansOf, whyUncounted } from './statement-means.ts';

/** The least time between two counts; the second one comes sooner, so that the first advice is right. */
export const pace: Ms = 20 * second;
/** How long one may take: one that is dear is not made at all. */
const within: Ms = second / 2;
/** A server that counts no statements, or refuses, is asked again after this; */
const rest: Ms = 10 * minute;
/** one that is late, after this. */
export const lateRest: Ms = minute;
/** As long after its count what was found is told where the next counts are late. */
export const stands: Ms = 3 * minute;
/** Characters of a statement. */
const longest = 300;

type Count = { at: Ms; rows: ReadonlyMap<string, BusyRow>; total: Ms };

type Memory = {
  schema?: string;
  columns: readonly string[];
  restsUntil: Ms;
  count?: Count;
  /** Two counts were compared. */
  isCompared?: boolean;
  /** The statements are counted, and two counts were not compared yet. */
  isUnread?: boolean;
  found?: BusyStatement;
  text?: { id: string; text: string };
};

const memories = new WeakMap<Session, Memory>();

/** `found`: undefined where no statement stands out. `unread`: that takes a second count, or the count was late. */
export type Busiest = { found?: BusyStatement | undefined; unread?: true | undefined };

/** Counts, if it is time to, and compares with the count before. */
export async function busiestStatement(
  ask: AskSql,
  session: Session,
  clock: () => Ms = () => performance.now(),
): Promise<Busiest> {
  const memory = memories.get(session) ?? { columns: [], restsUntil: 0 };
  memories.set(session, memory);
  const now = clock();
  if (now < memory.restsUntil) return toldOf(memory);
  if (memory.count && now - memory.count.at < (memory.isCompared ? pace : firstPace)) return toldOf(memory);
  try {
    memory.found = await nextOf(ask, memory, now);
    return toldOf(memory);
  } catch (error) {
    if (isLate(error)) {
      // A busy server is late, and is busy with that statement still: what was found stands for a while.
      memory.restsUntil = now + lateRest;
      const isOld = memory.count !== undefined && now - memory.count.at > stands;
      if (isOld) memory.found = undefined;
      memory.isUnread = isOld || !memory.isCompared;
      return toldOf(memory);
    }
    if (!isRefusal(error)) throw error;
    memories.set(session, { columns: [], restsUntil: now + rest });
    return {};
  }
}

const toldOf = ({ found, isUnread }: Memory): Busiest => ({ found, unread: isUnread && !found ? true : undefined });

async function nextOf(ask: AskSql, memory: Memory, now: Ms): Promise<BusyStatement | undefined> {
  if (memory.schema === undefined) {
    const means = await meansOf(ask);
    if (whyUncounted(means) || means.schema === null) {
      memory.restsUntil = now + rest;
      return undefined;
    }
    memory.schema = means.schema;
    memory.columns = means.columns;
  }
  const { schema } = memory;
  const rows = await ask<BusyRow>(busiest(schema, memory.columns), { within });
  const before = memory.count;
  const count = { at: now, rows: new Map(rows.map((row) => [row.id, row])), total: rows[0]?.total ?? 0 };
  memory.count = count;
  memory.isCompared = before !== undefined;
  // Without any row they are hidden from us: a second count tells nothing more.
  memory.isUnread = !memory.isCompared && rows.length > 0;
  const most = before && mostSince(before, count);
  if (!most) return undefined;
  if (memory.text?.id !== most.id) {
    const [found] = await ask<TextRow>(texts(schema), { values: [[most.id]], within });
    memory.text = { id: most.id, text: statementKind(found?.text ?? '', longest) };
  }
  const { share, load, mean } = most;
  return { share, load, mean, text: memory.text.text };
}

/** What took most of the time between two counts, if it stands out. */
function mostSince(before: Count, now: Count): (Omit<BusyStatement, 'text'> & { id: string }) | undefined {
  const span = now.at - before.at;
  // After a reset of the statistics the next count is the first.
  if (now.total < before.total) return undefined;
  // What was not listed then had less than the last that was.
  const least = before.rows.size < mostBusy ? 0 : ([...before.rows.values()].at(-1)?.time ?? 0);
  const used = [...now.rows.values()].map(({ id, time, calls }) => {
    const was = before.rows.get(id);
    return { id, time: Math.max(0, time - (was?.time ?? least)), calls: Math.max(0, calls - (was?.calls ?? 0)) };
  });
  const [first] = used.toSorted((a, b) => b.time - a.time);
  if (!first || first.calls === 0) return undefined;
  const all = now.total - before.total;
  const found = { share: all > 0 ? first.time / all : 0, load: first.time / span, mean: first.time / first.calls };
  return isBusiest(found) ? { id: first.id, ...found, share: Math.min(1, found.share) } : undefined;
}
