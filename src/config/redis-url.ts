import type { Entry } from './layer.ts';

/** The options that hold a Redis URL, and where its login belongs. */
const logins: Readonly<Record<string, { user: string; password: string }>> = {
  'redis.url': { user: 'redis.username', password: 'redis.password' },
  'incident.relay': { user: 'incident.relayUsername', password: 'incident.relayPassword' },
};

/** The option for the password of a URL in `path`; itself for any other option. */
export const passwordOption = (path: string): string => logins[path]?.password ?? path;

/**
 * A Redis URL with its login taken out, so that a URL can be shown wherever it goes: `redis://:pw@host` gives the URL,
 * the user name and the password as three options. What is no URL is left for the schema to refuse.
 */
export function splitRedisUrl(entry: Entry): Entry[] {
  const at = Object.hasOwn(logins, entry.path) ? logins[entry.path] : undefined;
  const url = at && typeof entry.value === 'string' ? URL.parse(entry.value) : null;
  if (!at || !url || (url.username === '' && url.password === '')) return [entry];
  const login: Entry[] = [];
  // A user name of `default` is what clients send when there is none.
  if (url.username) login.push({ ...entry, path: at.user, value: decoded(url.username) });
  if (url.password) login.push({ ...entry, path: at.password, value: decoded(url.password) });
  url.username = '';
  url.password = '';
  return [{ ...entry, value: url.href.replace(/\/$/, '') }, ...login];
}

function decoded(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}
