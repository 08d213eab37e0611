// What an action about a page asks PagerDuty, before and after it.
import type { Preflight } from '../../core/actions/preflight.ts';
import { quote } from '../../core/text/shell.ts';
import type { Result } from '../source.ts';
import { apiUrl, type PagerSettings } from './client.ts';

type Timed = <T>(says: string, look: () => Promise<Result<T>>) => Promise<Result<T>>;
type Reads = Pick<Preflight, 'pager' | 'page' | 'pagerUsers' | 'onCalls' | 'pageNotes'>;

/** The part of a preflight that is about PagerDuty. Imported on first use. */
export function pagerPreflight(settings: PagerSettings, signal: AbortSignal, timed: Timed): Reads {
  const read = () => import('./read.ts');
  const asked = (path: string) =>
    `curl -H 'Authorization: Token token=…' ${quote(apiUrl(settings.channels.pagerDuty, path).href)}`;
  return {
    pager: () => timed(asked('incidents'), async () => (await read()).readPager(settings, signal)),
    page: (ref) =>
      timed(asked(`incidents/${encodeURIComponent(ref)}`), async () => (await read()).readPage(settings, ref, signal)),
    pagerUsers: (words) =>
      timed(asked('users'), async () => {
        const { findUsers, readUsers } = await read();
        return words === undefined ? readUsers(settings, signal) : findUsers(settings, words, signal);
      }),
    onCalls: (policy) =>
      timed(asked('oncalls'), async () => {
        const answer = await (await read()).readOnCalls(settings, policy, signal);
        return answer.ok ? { ok: true, value: answer.value.all } : answer;
      }),
    pageNotes: (page) =>
      timed(asked(`incidents/${encodeURIComponent(page)}/notes`), async () =>
        (await read()).readNotes(settings, page, signal),
      ),
  };
}
