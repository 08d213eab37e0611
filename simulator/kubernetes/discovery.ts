// Discovery: /version, /api, /apis and the lists of resources, derived from the table of resources.
import { apiVersionOf, type Resource, resources } from './resources.ts';

const groups = [...new Set(resources.map((one) => one.group))].filter((group) => group !== '');

const groupOf = (name: string) => {
  const versions = [...new Set(resources.filter((one) => one.group === name).map((one) => one.version))].map(
    (version) => ({ groupVersion: `${name}/${version}`, version }),
  );
  return { name, versions, preferredVersion: versions[0] };
};

const entries = (resource: Resource) => [
  {
    name: resource.plural,
    singularName: resource.singular,
    namespaced: resource.namespaced,
    kind: resource.kind,
    verbs: resource.verbs,
    shortNames: resource.short,
    categories: resource.categories,
  },
  ...(resource.subresources ?? []).map((sub) => ({
    name: `${resource.plural}/${sub.name}`,
    singularName: '',
    namespaced: resource.namespaced,
    kind: sub.kind,
    verbs: sub.verbs,
    group: sub.group || undefined,
    version: sub.group ? sub.version : undefined,
  })),
];

/** The version the drill claims to be: that of the kubectl it was tried with. */
export const version = {
  major: '1',
  minor: '32',
  gitVersion: 'v1.32.4',
  gitCommit: '59526cd4867447956156ae3a602fcbac10a2c335',
  gitTreeState: 'clean',
  buildDate: '2026-04-22T15:57:18Z',
  goVersion: 'go1.24.2',
  compiler: 'gc',
  platform: 'linux/amd64',
};

/** The answer to a discovery path; undefined for any other. */
export function discovery(path: string): unknown {
  if (path === '/version') return version;
  if (path === '/api') return { kind: 'APIVersions', versions: ['v1'], serverAddressByClientCIDRs: [] };
  if (path === '/apis') return { kind: 'APIGroupList', apiVersion: 'v1', groups: groups.map(groupOf) };
  const group = /^\/apis\/([^/]+)$/.exec(path)?.[1];
  if (group && groups.some((name) => name === group)) {
    return { kind: 'APIGroup', apiVersion: 'v1', ...groupOf(group) };
  }
  const groupVersion = path === '/api/v1' ? 'v1' : /^\/apis\/([^/]+\/[^/]+)$/.exec(path)?.[1];
  const served = resources.filter((one) => apiVersionOf(one) === groupVersion);
  if (served.length === 0) return undefined;
  return { kind: 'APIResourceList', apiVersion: 'v1', groupVersion, resources: served.flatMap(entries) };
}

// kubectl apply asks whether the server checks fields itself (fieldValidation) before it sends anything; one path of
// each kind that says so is all it reads.
const validated = (resource: Resource) => {
  const root = resource.group === '' ? `/api/${resource.version}` : `/apis/${apiVersionOf(resource)}`;
  const scope = resource.namespaced ? '/namespaces/{namespace}' : '';
  const operation = {
    'x-kubernetes-group-version-kind': { group: resource.group, version: resource.version, kind: resource.kind },
    parameters: [
      { name: 'dryRun', in: 'query', schema: { type: 'string' } },
      { name: 'fieldValidation', in: 'query', schema: { type: 'string' } },
    ],
    responses: { 200: { description: 'OK' } },
  };
  return {
    [`${root}${scope}/${resource.plural}`]: {
      post: { ...operation, 'x-kubernetes-action': 'post' },
    },
    [`${root}${scope}/${resource.plural}/{name}`]: {
      patch: { ...operation, 'x-kubernetes-action': 'patch' },
      put: { ...operation, 'x-kubernetes-action': 'put' },
    },
  };
};

/** OpenAPI v3, as far as kubectl reads it. */
export function openapi(path: string): unknown {
  const documents = new Map<string, Resource[]>();
  for (const resource of resources) {
    const key = resource.group === '' ? `api/${resource.version}` : `apis/${apiVersionOf(resource)}`;
    documents.set(key, [...(documents.get(key) ?? []), resource]);
  }
  if (path === '/openapi/v3') {
    const paths = [...documents.keys()].map((key) => [key, { serverRelativeURL: `/openapi/v3/${key}` }]);
    return { paths: Object.fromEntries(paths) };
  }
  const served = documents.get(path.replace(/^\/openapi\/v3\//, ''));
  if (!served) return undefined;
  return {
    openapi: '3.0.0',
    info: { title: 'Kubernetes', version: version.gitVersion },
    paths: Object.assign({}, ...served.map(validated)),
    components: { schemas: {} },
  };
}
