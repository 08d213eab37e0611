// What a program gets of our environment: what every program needs, and what this one was said to need. Never all of it:
// whatever runs there could read every secret that the cockpit was started with.

const everywhere = [
  ...['PATH', 'HOME', 'USER', 'LOGNAME', 'SHELL', 'TERM', 'TZ', 'TMPDIR', 'LANG', 'LANGUAGE', 'LC_*', 'XDG_*'],
  ...['HTTP_PROXY', 'HTTPS_PROXY', 'NO_PROXY', 'ALL_PROXY', 'http_proxy', 'https_proxy', 'no_proxy', 'all_proxy'],
  ...['NODE_EXTRA_CA_CERTS', 'SSL_CERT_FILE', 'SSL_CERT_DIR'],
];

/** The cockpit's own: what no credential plugin was written for. */
const ours = ['BENTHAM_*', 'PG*', 'REDIS_*', 'DATABASE_URL', 'ADMIN_API_KEY'];

type Environment = Readonly<Record<string, string | undefined>>;

/** The part of an environment that a program gets; `inherits`: names, or beginnings as in `AWS_*`. */
export function childEnvironment(from: Environment, inherits: readonly string[] = []): Record<string, string> {
  const names = [...everywhere, ...inherits];
  return only(from, (name) => names.some((one) => fits(one, name)));
}

/** For programs configured elsewhere, whose needs are unknown: all variables but the cockpit's own. */
export function foreignEnvironment(from: Environment): Record<string, string> {
  return only(from, (name) => !ours.some((one) => fits(one, name)));
}

const fits = (pattern: string, name: string) =>
  pattern.endsWith('*') ? name.startsWith(pattern.slice(0, -1)) : name === pattern;

function only(from: Environment, wanted: (name: string) => boolean): Record<string, string> {
  return Object.fromEntries(
    Object.entries(from).flatMap(([name, value]) => (value !== undefined && wanted(name) ? [[name, value]] : [])),
  );
}
