// What the palette offers beside the keys: psql, redis-cli, and any object by its kind and name.
import { objectKinds } from '../../core/queries/object.ts';
import type { Form, State } from '../../store.ts';
import type { Entry } from '../screen.ts';
import { mayWrite, openSession, whyNoShell } from './session.ts';

export function terminalEntries(state: State): readonly Entry[] {
  const writes = mayWrite(state);
  const unless = whyNoShell(state);
  const how = writes ? 'can change data' : 'read-only; arm it to change data';
  return [
    {
      id: 'psql',
      title: 'psql',
      about: `a session on the primary as the configured role (${how})`,
      also: 'postgres sql shell',
      unless,
      run: openSession({ tool: 'psql', server: 'primary', writes }),
    },
    ...(writes
      ? [
          {
            id: 'psql/read-only',
            title: 'psql read-only',
            about: 'a session on the primary whose transactions start read-only',
            also: 'postgres sql shell',
            unless,
            run: openSession({ tool: 'psql', server: 'primary', writes: false }),
          },
          {
            id: 'redis-cli/read-only',
            title: 'redis-cli read-only',
            about: 'a session on Redis for commands that read',
            also: 'cache shell',
            unless,
            run: openSession({ tool: 'redis-cli', writes: false }),
          },
        ]
      : []),
    ...(state.world.scope.hasReplica
      ? [
          {
            id: 'psql/replica',
            title: 'psql replica',
            about: 'a session on the replica as the configured role; a replica takes no writes',
            also: 'postgres sql shell standby read-only',
            unless,
            run: openSession({ tool: 'psql', server: 'replica', writes: false }),
          },
        ]
      : []),
    {
      id: 'redis-cli',
      title: 'redis-cli',
      about: `a session on Redis (${writes ? how : 'only commands that read; arm it to change data'})`,
      also: 'cache shell',
      unless,
      run: openSession({ tool: 'redis-cli', writes }),
    },
    {
      id: 'object/describe',
      title: 'describe an object',
      about: 'any Kubernetes object by its kind and name: its fields, its events',
      also: 'kubectl describe get',
      run: [{ kind: 'form', form: objectForm('describe') }],
    },
    {
      id: 'object/yaml',
      title: 'YAML of an object',
      about: 'any Kubernetes object by its kind and name, without secrets',
      also: 'kubectl get -o yaml manifest',
      run: [{ kind: 'form', form: objectForm('yaml') }],
    },
  ];
}

function objectForm(view: 'describe' | 'yaml'): Form {
  return {
    title: view === 'yaml' ? 'YAML of an object' : 'Describe an object',
    fields: [
      { name: 'kind', ask: 'kind', kind: 'choice', choices: () => Object.keys(objectKinds) },
      { name: 'name', ask: 'name', kind: 'text' },
    ],
    submit: ({ kind = '', name = '' }) => {
      const known = Object.keys(objectKinds).find((one) => one.toLowerCase() === kind.trim().toLowerCase());
      if (!known) return 'choose one of the kinds';
      return name.trim()
        ? [{ kind: 'open', screen: 'object', of: { kind: known, name: name.trim(), view } }]
        : 'a name is required';
    },
  };
}
