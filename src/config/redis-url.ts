import type { Entry } from './layer.ts';

/**
 * A Redis URL with its login taken out, so that a URL can be shown wherever it goes: `redis://:pw@host` gives the URL,
 * the user name and the password as three options. What is no URL is left for the schema to refuse.
 */
export function splitRedisUrl(entry: Entry): Entry[] {
  const url = entry.path === 'redis.url' && typeof entry.value === 'string' ? URL.parse(entry.value) : null;
  if (!url?.username && !url?.password) return [entry];
  const login: Entry[] = [];
  // A user name of `default` is what clients send when there is none.
  if (url.username) login.push({ ...entry, path: 'redis.username', value: decoded(url.username) });
  if (url.password) login.push({ ...entry, path: 'redis.password', value: decoded(url.password) });
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
