// Programs in the terminal whose cockpit was killed: their end is unknown.
import type { ReadonlyList } from '../growing.ts';
import type { Entry, EventOf, Writer } from './event.ts';

/** Of this person's cockpits on this host: what was started and has no end, and whose process does not run any more. */
export function leftOpen(
  entries: ReadonlyList<Entry>,
  { user, host, session }: Pick<Writer, 'user' | 'host' | 'session'>,
  runs: (pid: number) => boolean,
): readonly EventOf<'shell'>[] {
  const started = new Map<string, EventOf<'shell'>>();
  for (const { event, writer } of entries) {
    if (event.kind !== 'shell') continue;
    if (event.phase === 'ended') started.delete(event.session);
    else if (writer.user === user && writer.host === host && writer.session !== session)
      started.set(event.session, event);
  }
  return [...started.values()].filter(({ pid }) => pid !== undefined && !runs(pid));
}
