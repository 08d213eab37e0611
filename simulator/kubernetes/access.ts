// Access control: bearer tokens, RBAC rules as data, and the reviews that `kubectl auth can-i` asks for.
import type { Route } from './resources.ts';
import { Refusal } from './status.ts';

/** One RBAC rule; `*` stands for everything. Subresources are named `deployments/scale`. */
export type Rule = {
  verbs: readonly string[];
  groups: readonly string[];
  resources: readonly string[];
  /** Absent: in all namespaces. */
  namespaces?: readonly string[];
  /** Absent: any name (RBAC: resourceNames). */
  names?: readonly string[];
};

export type User = { name: string; groups: readonly string[]; rules: () => readonly Rule[] };

/** What a request wants to do. */
export type Attributes = { verb: string; group: string; resource: string; namespace?: string; name?: string };

const includes = (list: readonly string[], value: string) => list.includes('*') || list.includes(value);

/** Everything, as an on-call has in the namespaces of Bentham. */
export const operatorRules: readonly Rule[] = [{ verbs: ['*'], groups: ['*'], resources: ['*'] }];

/** Can read, but not change. */
export const viewerRules: readonly Rule[] = [
  { verbs: ['get', 'list', 'watch'], groups: ['*'], resources: ['*'] },
  { verbs: ['create'], groups: ['authorization.k8s.io'], resources: ['*'] },
];

export function allows(rules: readonly Rule[], { verb, group, resource, namespace, name }: Attributes): boolean {
  return rules.some(
    (rule) =>
      includes(rule.verbs, verb) &&
      includes(rule.groups, group) &&
      includes(rule.resources, resource) &&
      (rule.namespaces === undefined || (namespace !== undefined && includes(rule.namespaces, namespace))) &&
      (rule.names === undefined || (name !== undefined && rule.names.includes(name))),
  );
}

/** The user of an Authorization header; Refusal 401 where there is none. */
export function authenticate(header: string | undefined, users: ReadonlyMap<string, User>): User {
  const token = /^Bearer\s+(\S+)$/i.exec(header ?? '')?.[1];
  const user = token === undefined ? undefined : users.get(token);
  if (!user) throw new Refusal('Unauthorized', 'Unauthorized');
  return user;
}

/** Refusal 403 in the API server's words where the rules do not allow it. */
export function authorize(user: User, verb: string, { resource, namespace, name, subresource }: Route): void {
  const full = subresource ? `${resource.plural}/${subresource}` : resource.plural;
  const attributes = {
    verb,
    group: resource.group,
    resource: full,
    namespace: namespace || undefined,
    name: name || undefined,
  };
  if (allows(user.rules(), attributes)) return;
  const what = `${resource.plural}${resource.group ? `.${resource.group}` : ''}${name ? ` "${name}"` : ''}`;
  const where = namespace ? ` in the namespace "${namespace}"` : ' at the cluster scope';
  throw new Refusal(
    'Forbidden',
    `${what} is forbidden: User "${user.name}" cannot ${verb} resource "${full}" in API group "${resource.group}"${where}`,
    {
      name: name || undefined,
      group: resource.group || undefined,
      kind: resource.plural,
    },
  );
}

type Review = {
  spec?: {
    namespace?: string;
    resourceAttributes?: {
      verb?: string;
      group?: string;
      resource?: string;
      subresource?: string;
      namespace?: string;
      name?: string;
    };
    nonResourceAttributes?: { path?: string; verb?: string };
  };
};

/** Answers a SelfSubjectAccessReview, a SelfSubjectRulesReview or a SelfSubjectReview. */
export function review(kind: string, body: unknown, user: User): unknown {
  if (kind === 'SelfSubjectReview') {
    const userInfo = { username: user.name, groups: user.groups };
    return { kind, apiVersion: 'authentication.k8s.io/v1', metadata: {}, status: { userInfo } };
  }
  const { spec = {} } = body as Review;
  const common = { kind, apiVersion: 'authorization.k8s.io/v1', metadata: {}, spec };
  if (kind === 'SelfSubjectRulesReview') {
    const rules = user.rules().filter((rule) => !rule.namespaces || includes(rule.namespaces, spec.namespace ?? ''));
    return {
      ...common,
      status: {
        incomplete: false,
        nonResourceRules: [{ verbs: ['get'], nonResourceURLs: ['/version', '/healthz', '/livez', '/readyz'] }],
        resourceRules: rules.map((rule) => ({
          verbs: rule.verbs,
          apiGroups: rule.groups,
          resources: rule.resources,
        })),
      },
    };
  }
  const wanted = spec.resourceAttributes;
  const allowed =
    wanted === undefined ||
    allows(user.rules(), {
      verb: wanted.verb ?? '*',
      group: wanted.group ?? '',
      resource: wanted.subresource ? `${wanted.resource}/${wanted.subresource}` : (wanted.resource ?? '*'),
      namespace: wanted.namespace || undefined,
      name: wanted.name || undefined,
    });
  return {
    ...common,
    status: allowed
      ? { allowed, reason: `RBAC: allowed for user "${user.name}"` }
      : { allowed, reason: 'RBAC: no rule allows it' },
  };
}
