// How the relay of a shared incident is, for the header of every frame.
import type { RelayStatus } from '../../core/incident/context.ts';
import { formatAge, formatCounted, shortAge } from '../../core/text/format.ts';
import type { Instant } from '../../core/time.ts';
import type { State } from '../../store.ts';
import { type Line, line, mark, span } from '../toolkit/line.ts';

const entries = (count: number): string => formatCounted(count, 'entry', 'entries');

/** What is wrong with the relay, the longest first; empty: nothing. */
export function relayTrouble({ incidentContext, world }: State): readonly Line[] {
  const { relay } = incidentContext ?? {};
  if (!relay) return [];
  const says = (text: string) => line(mark('warning'), span(` ${text}`, 'warning'));
  if (relay.state === 'away') {
    const away = `relay ${relay.short ?? 'away'} ${shortAge(Math.max(0, world.now - relay.since))}`;
    if (relay.unsent === 0) return [says(`${away}: alone`), says(away)];
    return [says(`${away}: alone, ${entries(relay.unsent)} to send`), says(`${away}: ${relay.unsent} to send`)];
  }
  if (relay.clock !== undefined) {
    const by = shortAge(Math.abs(relay.clock));
    const how = relay.clock > 0 ? 'behind' : 'ahead';
    return [says(`this clock is ${by} ${how}`), says(`clock ${by} ${how}`)];
  }
  if (relay.state === 'connected' && relay.unshared) return [says('looks are not shared: p'), says('looks not shared')];
  return [];
}

/** Why each host asks PostgreSQL and Redis for itself. */
function unsharedSays(unshared: NonNullable<RelayStatus['unshared']>): string {
  const why =
    unshared.why === 'refused'
      ? `${unshared.what}; ${unshared.hint}`
      : `this clock is ${formatAge(Math.abs(unshared.by))} ${unshared.by > 0 ? 'behind' : 'ahead of'} the relay's; compare both: chronyc tracking`;
  return `. Looks are not shared, this cockpit asks itself: ${why}`;
}

/** The relay's state in full, for the screen of people. */
export function relaySays(relay: RelayStatus, now: Instant): string {
  const left = relay.unsent > 0 ? `; ${entries(relay.unsent)} to send` : '';
  const long = relay.tooLong > 0 ? `; ${entries(relay.tooLong)} too long for it` : '';
  const refused = relay.refused > 0 ? `; ${relay.refused} lines refused` : '';
  const more = `${left}${long}${refused}`;
  const looks = relay.unshared && relay.state === 'connected' ? unsharedSays(relay.unshared) : '';
  if (relay.state !== 'away') return `relay ${relay.where} ${relay.state}${more}${looks}`;
  const away = `relay ${relay.where} ${relay.short ?? 'away'} ${shortAge(Math.max(0, now - relay.since))}: ${relay.what}; ${relay.hint}${more}`;
  return `${away}. This cockpit works alone until it is back: others see nothing of it, and it sees nothing of them.`;
}
