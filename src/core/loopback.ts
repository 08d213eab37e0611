/**
 * Whether a host, as a URL or PGHOST names it, is this machine itself: what goes there crosses no network. A name other
 * than localhost may lead anywhere.
 */
export function isLoopback(host: string): boolean {
  const name = host.replace(/^\[|\]$/g, '').toLowerCase();
  return name === 'localhost' || name === '::1' || /^127(\.\d{1,3}){3}$/.test(name);
}
