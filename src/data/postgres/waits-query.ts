// What sessions wait for: one sample for each look, until a minute of them is there. Nothing is asked after that, nor
// while no screen looks.
import type { Settings } from '../../config/settings.ts';
import { lackOf } from '../../core/queries/lack.ts';
import type { Queries } from '../../core/queries/query.ts';
import {
  addSample,
  newTally,
  onCpu,
  type Sampled,
  type Tally,
  talliedOf,
  type WaitSamples,
} from '../../core/queries/waits.ts';
import { statementKind } from '../../core/text/statement.ts';
import { sanitize } from '../../core/text/text.ts';
import { type Instant, type Ms, second } from '../../core/time.ts';
import type { Result } from '../source.ts';
import type { AskSql } from './ask.ts';
import { reading } from './connect.ts';
import { Moments } from './moments.ts';
import * as sql from './queries/statements.ts';
import type { Session } from './session.ts';
import { noReplica, sessionsFor } from './sessions.ts';
import { meansOf, meansSaid } from './statement-means.ts';

/** A minute of samples, as it grows. */
type Sampling = { tally: Tally; begun: Instant; last?: WaitSamples };

const moments = new Moments<Sampling>();

/** After a longer pause the samples would no longer be of one minute: they begin anew. */
const longestPause: Ms = 15 * second;

export async function queryWaits(
  settings: Settings,
  { server, moment, samples }: Queries['waits']['ask'],
  signal: AbortSignal,
): Promise<Result<WaitSamples>> {
  const session = sessionsFor(settings)[server];
  return session ? readWaits(session, moment, signal, samples) : noReplica(server);
}

/** One more sample; the whole minute once it is complete. */
export async function readWaits(
  session: Session,
  moment: string,
  signal: AbortSignal,
  wanted: number,
): Promise<Result<WaitSamples>> {
  const kept = moments.begun(session, moment, { tally: newTally(), begun: Date.now() });
  if (kept.last && kept.last.samples >= wanted) return { ok: true, value: kept.last };
  if (kept.last && Date.now() - kept.last.at > longestPause)
    Object.assign(kept, { tally: newTally(), begun: Date.now(), last: undefined });
  return session.read(signal, 2 * second, async (ask) => {
    const { lacks, hidden } = kept.last ?? { lacks: await lacksOf(ask), hidden: 0 };
    const rows = await ask<sql.SampleRow>(sql.sample(reading));
    const seen = rows.slice(0, sql.mostSampled).filter((row) => !row.hidden);
    addSample(kept.tally, seen.map(sampledFrom));
    const value: WaitSamples = {
      where: session.where,
      ...{ begun: kept.begun, at: Date.now(), wanted, lacks },
      ...talliedOf(kept.tally),
      hidden: hidden + rows.filter((row) => row.hidden).length,
      cut: kept.last?.cut === true || rows.length > sql.mostSampled,
    };
    kept.last = value;
    return value;
  });
}

async function lacksOf(ask: AskSql): Promise<WaitSamples['lacks']> {
  const means = await meansOf(ask);
  return means.seesAll ? [] : [lackOf('other-roles', meansSaid(means))];
}

function sampledFrom({ pid, type, event, user, query }: sql.SampleRow): Sampled {
  return {
    pid,
    type: type === null ? onCpu : sanitize(type, 40),
    event: type === null ? '' : sanitize(event ?? '', 60),
    user: sanitize(user ?? '', 64),
    text: statementKind(query, 600),
  };
}
