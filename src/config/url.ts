// URLs as options.
import * as z from 'zod';

/** An http:// or https:// URL, with or without a login. */
export const anyUrl = z.url({ protocol: /^https?$/, error: 'an http:// or https:// URL' });
/** The same without a login: it is shown and recorded. */
export const url = anyUrl.refine((text) => !hasLogin(text), 'a URL without a user name and password in it');

function hasLogin(text: string): boolean {
  const parsed = URL.parse(text);
  return parsed !== null && (parsed.username !== '' || parsed.password !== '');
}
