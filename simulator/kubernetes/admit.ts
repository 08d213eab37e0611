// What the API server checks and fills in before it stores an object.
import type { Container, Deployment, KubeObject } from './object.ts';
import { apiVersionOf, type Resource } from './resources.ts';
import { Refusal } from './status.ts';
import type { Draft } from './store.ts';

type Loose = Readonly<Record<string, unknown>>;

const isLoose = (value: unknown): value is Loose =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

function invalid(resource: Resource, name: string, field: string, message: string): Refusal {
  return new Refusal(
    'Invalid',
    `${resource.kind}.${resource.group || 'core'} "${name}" is invalid: ${field}: ${message}`,
    {
      name,
      group: resource.group || undefined,
      kind: resource.kind,
      causes: [{ reason: 'FieldValueInvalid', message, field }],
    },
  );
}

/** Refusal 400 or 422 in the API server's words; else the object with the server's defaults. */
export function admit(resource: Resource, body: unknown, _now: number): Draft<KubeObject> {
  if (!isLoose(body)) throw new Refusal('BadRequest', 'the object provided is unrecognized: it is not an object');
  const { kind = resource.kind, apiVersion = apiVersionOf(resource) } = body;
  if (kind !== resource.kind || apiVersion !== apiVersionOf(resource)) {
    throw new Refusal(
      'BadRequest',
      `the API version in the data (${String(apiVersion)}, ${String(kind)}) does not match the expected API version (${apiVersionOf(resource)}, ${resource.kind})`,
    );
  }
  const metadata = isLoose(body.metadata) ? body.metadata : {};
  const name = typeof metadata.name === 'string' ? metadata.name : '';
  if (name === '' && typeof metadata.generateName !== 'string') {
    throw invalid(resource, name, 'metadata.name', 'Required value: name or generateName is required');
  }
  if (name.length > 253 || (name !== '' && !/^[a-z0-9]([-a-z0-9.]*[a-z0-9])?$/.test(name))) {
    throw invalid(
      resource,
      name,
      'metadata.name',
      `Invalid value: "${name}": a lowercase RFC 1123 subdomain must consist of lower case alphanumeric characters, '-' or '.'`,
    );
  }
  const draft = { ...body, kind, apiVersion, metadata: { ...metadata, name } };
  if (resource.stored === 'deployments') return deployment(resource, name, draft);
  if (resource.stored === 'pods') return pod(resource, name, draft);
  return draft as Draft<KubeObject>;
}

function deployment(resource: Resource, name: string, draft: Loose): Draft<KubeObject> {
  const spec = isLoose(draft.spec) ? draft.spec : {};
  const { replicas = 1 } = spec;
  if (typeof replicas !== 'number' || !Number.isInteger(replicas) || replicas < 0) {
    throw invalid(
      resource,
      name,
      'spec.replicas',
      `Invalid value: ${String(replicas)}: must be greater than or equal to 0`,
    );
  }
  const { template, selector } = spec;
  if (!isLoose(selector) || !isLoose(selector.matchLabels)) {
    throw invalid(resource, name, 'spec.selector', 'Required value');
  }
  const labels = isLoose(template) && isLoose(template.metadata) ? template.metadata.labels : undefined;
  for (const [key, value] of Object.entries(selector.matchLabels)) {
    if (!isLoose(labels) || labels[key] !== value) {
      throw invalid(
        resource,
        name,
        'spec.template.metadata.labels',
        'Invalid value: `selector` does not match template `labels`',
      );
    }
  }
  const filled = {
    revisionHistoryLimit: 10,
    progressDeadlineSeconds: 600,
    strategy: { type: 'RollingUpdate', rollingUpdate: { maxSurge: '25%', maxUnavailable: '25%' } },
    ...spec,
    replicas,
    template: withContainers(resource, name, 'spec.template.spec', template),
  };
  return { ...draft, spec: filled, status: draft.status ?? {} } as unknown as Draft<Deployment>;
}

function pod(resource: Resource, name: string, draft: Loose): Draft<KubeObject> {
  const { spec } = withContainers(resource, name, 'spec', { spec: draft.spec });
  return {
    ...draft,
    spec,
    status: { phase: 'Pending', conditions: [], ...(draft.status as object | undefined) },
  } as unknown as Draft<KubeObject>;
}

/** Every container has a name and an image; the rest gets its defaults. */
function withContainers(resource: Resource, name: string, field: string, template: unknown): { spec: unknown } {
  const spec = isLoose(template) && isLoose(template.spec) ? template.spec : {};
  const containers: unknown = spec.containers;
  if (!Array.isArray(containers) || containers.length === 0) {
    throw invalid(resource, name, `${field}.containers`, 'Required value');
  }
  const filled = (containers as readonly unknown[]).map((one, index) => {
    const container = isLoose(one) ? (one as Partial<Container>) : {};
    if (!container.name) throw invalid(resource, name, `${field}.containers[${index}].name`, 'Required value');
    if (!container.image) throw invalid(resource, name, `${field}.containers[${index}].image`, 'Required value');
    return {
      resources: {},
      terminationMessagePath: '/dev/termination-log',
      terminationMessagePolicy: 'File',
      imagePullPolicy: 'IfNotPresent',
      ...container,
    };
  });
  return {
    ...(template as Loose),
    spec: {
      restartPolicy: 'Always',
      terminationGracePeriodSeconds: 30,
      dnsPolicy: 'ClusterFirst',
      schedulerName: 'default-scheduler',
      securityContext: {},
      ...spec,
      containers: filled,
    },
  };
}
