// The environment of a drill, in place of what leads to a real Bentham.

/** The variables that lead to a real Bentham; those of the person and of the debug log do not. */
const real =
  /^(BENTHAM_(?!(?:LOG_(?:FILE|LEVEL)|PERSON|JOURNAL_NAME)$)|PG|AWS_|REDIS|DATABASE_URL$|KUBE|ADMIN_API_KEY$)/;

/** What the shell says of a real Bentham must not reach into a drill. */
export function enterDrill(environment: Readonly<Record<string, string>>): void {
  for (const name of Object.keys(process.env)) if (real.test(name)) delete process.env[name];
  Object.assign(process.env, environment);
}
