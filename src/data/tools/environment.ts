// Commands get a clean environment: what finds programs, people's logins and the platform, and nothing else.
const handedOn =
  /^(PATH|HOME|USER|LOGNAME|SHELL|LANG|LC_\w+|TZ|TMPDIR|XDG_\w+|KUBECONFIG|KUBERNETES_SERVICE_(HOST|PORT)|(AAD|AZURE|CLOUDSDK|GOOGLE)_\w+|AWS_\w+|PG[A-Z]\w*|REDIS_(URL|PASSWORD)|DATABASE_URL|ADMIN_API_KEY|BENTHAM_\w+|SSH_AUTH_SOCK|NODE_EXTRA_CA_CERTS|PNPM_HOME|COREPACK_\w+|(HTTPS?|NO|ALL)_PROXY|(https?|no|all)_proxy)$/;

/** The part of an environment that a command gets. */
export function cleanEnvironment(from: Readonly<Record<string, string | undefined>>): Record<string, string> {
  return Object.fromEntries(
    Object.entries(from).flatMap(([name, value]) =>
      value !== undefined && handedOn.test(name) ? [[name, value]] : [],
    ),
  );
}
